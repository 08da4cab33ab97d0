// How long each of many things took, and the percentiles of it by nearest rank: the longest but ten of 1,000
// is p99. Exact: every value is kept, 8 bytes each. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace fairlead::bench {

class latencies
{
public:
    void add(std::chrono::nanoseconds took) { took_.push_back(took); }
    [[nodiscard]] std::size_t count() const noexcept { return took_.size(); }

    // What at least `share` of all took at most; 0 < share <= 1. Zero where there are none.
    [[nodiscard]] std::chrono::nanoseconds at(double share) const;

private:
    std::vector<std::chrono::nanoseconds> took_;
};

} // namespace fairlead::bench
