// When the ledger is compared with the kernel's sockets.
//
//   at first, then `every`             the comparison
//   new tuple spaces, or 32 ports that dials found in foreign use since the last one,
//     and ten seconds after it         the comparison
//   a minute since either, while foreign tuples are held    those are asked for again
//
// Pure, with a passed-in clock. 0 for `every` is never. Thread: one.
#pragma once

#include "conf/values.hpp"
#include "proxy/snat/tuple_space.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace fairlead::snat {

class reconciliation_schedule
{
public:
    static constexpr std::uint64_t many_foreign_uses = 32;
    static constexpr std::chrono::seconds least_distance{10};
    static constexpr std::chrono::seconds recheck_interval{60};

    enum class step : std::uint8_t
    {
        nothing,
        recheck,
        reconcile
    };

    struct state
    {
        std::uint64_t spaces_made = 0;
        std::uint64_t foreign_uses = 0; // that dials found, ever
        bool holds_foreign = false;
    };

    // What to do now; whatever it is counts as done.
    step next(const state& ledger, conf::duration every, steady_time now)
    {
        if (every.count() == 0 || ledger.spaces_made == 0) return step::nothing;
        if (is_due(ledger, every, now)) {
            reconciled_at_ = now;
            checked_at_ = now;
            known_ = ledger;
            return step::reconcile;
        }
        if (!ledger.holds_foreign || now - checked_at_ < recheck_interval) return step::nothing;
        checked_at_ = now;
        return step::recheck;
    }

private:
    bool is_due(const state& ledger, conf::duration every, steady_time now) const
    {
        if (!reconciled_at_) return true;
        const auto since = now - *reconciled_at_;
        const bool has_news = ledger.spaces_made != known_.spaces_made ||
                              ledger.foreign_uses - known_.foreign_uses >= many_foreign_uses;
        return since >= every || (has_news && since >= least_distance);
    }

    std::optional<steady_time> reconciled_at_;
    steady_time checked_at_;
    state known_;
};

} // namespace fairlead::snat
