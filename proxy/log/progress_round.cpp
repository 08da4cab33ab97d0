#include "proxy/log/progress_round.hpp"

#include <algorithm>
#include <limits>

namespace fairlead::log {

std::optional<progress_round::step> progress_round::next(std::uint64_t now_ms, std::uint64_t every_ms,
                                                         std::size_t total) noexcept
{
    if (every_ms == 0) {
        began_ms_.reset();
        return std::nullopt;
    }
    const bool is_first = !began_ms_ || (is_over_ && now_ms - *began_ms_ >= every_ms);
    if (is_first) {
        // On time, unless the round before took much longer, or nobody came.
        const bool is_on_time = began_ms_ && now_ms - *began_ms_ < every_ms + every_ms / 2;
        began_ms_ = is_on_time ? *began_ms_ + every_ms : now_ms;
        seen_ = 0;
        is_over_ = false;
    }
    if (is_over_) return std::nullopt;
    const std::uint64_t since = now_ms - *began_ms_;
    const std::size_t due = since >= every_ms ? std::numeric_limits<std::size_t>::max()
                                              : static_cast<std::size_t>(total * since / every_ms);
    const std::size_t most = due > seen_ ? std::min(due - seen_, most_a_step) : 0;
    if (most == 0 && !is_first) return std::nullopt;
    seen_ += most;
    return step{is_first, most};
}

} // namespace fairlead::log
