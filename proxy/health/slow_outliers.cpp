#include "proxy/health/slow_outliers.hpp"

#include <algorithm>
#include <iterator>

namespace fairlead::health {
namespace {

// Of all but the one at `but`, whose order is that of their medians; the upper of the middle two.
std::chrono::microseconds median_of_others(const std::vector<slow_outlier>& in_order,
                                           std::size_t but) noexcept
{
    const std::size_t middle = (in_order.size() - 1) / 2;
    return in_order[middle < but ? middle : middle + 1].median;
}

} // namespace

std::vector<slow_outlier> find_slow(std::span<const answer_summary> backends,
                                    const conf::eject_options& options)
{
    std::vector<slow_outlier> known;
    for (std::size_t i = 0; i < backends.size(); ++i) {
        if (backends[i].count >= options.slow_answers) known.push_back({i, backends[i].median, {}});
    }
    std::vector<slow_outlier> out;
    if (options.slow_factor == 0 || known.size() < 2) return out;
    std::ranges::sort(known, {}, &slow_outlier::median);
    for (std::size_t i = 0; i < known.size(); ++i)
        known[i].others = median_of_others(known, i);
    std::ranges::copy_if(known, std::back_inserter(out), [&](const slow_outlier& each) {
        return each.median >= options.slow_least && each.median > options.slow_factor * each.others;
    });
    std::ranges::reverse(out);
    return out;
}

} // namespace fairlead::health
