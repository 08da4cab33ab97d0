#include "bench/load/latencies.hpp"

#include <algorithm>
#include <cmath>

namespace fairlead::bench {

std::chrono::nanoseconds latencies::at(double share) const
{
    if (took_.empty()) return {};
    auto sorted = took_;
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    const auto nth =
        sorted.begin() + static_cast<std::ptrdiff_t>(std::clamp(rank, std::size_t{1}, sorted.size()) - 1);
    std::ranges::nth_element(sorted, nth);
    return *nth;
}

} // namespace fairlead::bench
