// When changes that come in bursts have settled: some time after the last of them, or, when they do not end,
// some time after the first.
//
// Pure; time is passed in, in milliseconds of a steady clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace fairlead::server {

class quiet_period
{
public:
    using milliseconds = std::uint64_t;

    quiet_period(milliseconds after_last, milliseconds after_first) noexcept
        : after_last_(after_last)
        , after_first_(after_first)
    {}

    void note(milliseconds now) noexcept
    {
        if (!is_pending_) first_ = now;
        last_ = now;
        is_pending_ = true;
    }

    // Nothing while nothing has changed.
    std::optional<milliseconds> due() const noexcept
    {
        if (!is_pending_) return std::nullopt;
        return std::min(last_ + after_last_, first_ + after_first_);
    }

    // True once for each burst that has settled by `now`.
    bool take(milliseconds now) noexcept
    {
        if (!is_pending_ || now < *due()) return false;
        is_pending_ = false;
        return true;
    }

private:
    milliseconds after_last_;
    milliseconds after_first_;
    milliseconds first_ = 0;
    milliseconds last_ = 0;
    bool is_pending_ = false;
};

} // namespace fairlead::server
