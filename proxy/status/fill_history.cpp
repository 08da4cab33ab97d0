#include "proxy/status/fill_history.hpp"

#include <cmath>

namespace fairlead::status {

void fill_history::add(time_point at, std::uint32_t used)
{
    if (count_ == 0) first_ = at;
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(at - first_);
    ring_[next_] = {static_cast<std::uint32_t>(since.count()), used};
    next_ = (next_ + 1) % length;
    if (count_ < length) ++count_;
}

fill_history::line fill_history::fit(std::size_t newest_count) const
{
    // Times count from the oldest sample and fills from their mean: no digits are lost.
    const std::uint32_t begin = newest(newest_count - 1).at_ms;
    const auto time_s = [&](std::size_t back) {
        return static_cast<double>(static_cast<std::uint32_t>(newest(back).at_ms - begin)) / 1'000;
    };
    const double count = static_cast<double>(newest_count);
    double mean_s = 0, mean_used = 0;
    for (std::size_t i = 0; i < newest_count; ++i) {
        mean_s += time_s(i) / count;
        mean_used += newest(i).used / count;
    }
    double times = 0, both = 0, fills = 0;
    for (std::size_t i = 0; i < newest_count; ++i) {
        const double t = time_s(i) - mean_s;
        const double u = newest(i).used - mean_used;
        times += t * t;
        both += t * u;
        fills += u * u;
    }
    const double per_s = both / times;
    const double left = std::fmax(0, fills - per_s * both); // squares that the line does not explain
    return line{per_s, std::sqrt(left / (count - 2) / times)};
}

std::optional<std::chrono::seconds> fill_history::time_to(std::uint64_t capacity) const
{
    if (count_ == 0) return std::nullopt;
    if (newest(0).used >= capacity) return std::chrono::seconds(0);
    if (count_ < least_samples) return std::nullopt;
    const std::uint32_t span_ms = newest(0).at_ms - newest(count_ - 1).at_ms;
    if (std::chrono::milliseconds(span_ms) < least_span) return std::nullopt;
    const line growth = fit(count_);
    if (growth.per_s <= 0 || growth.per_s < 3 * growth.error) return std::nullopt;
    const std::size_t third = count_ / 3;
    if (third >= least_samples && fit(third).per_s < growth.per_s / 4) return std::nullopt;
    const double seconds = static_cast<double>(capacity - newest(0).used) / growth.per_s;
    if (seconds > std::chrono::duration<double>(horizon).count()) return std::nullopt;
    return std::chrono::seconds(std::llround(seconds));
}

} // namespace fairlead::status
