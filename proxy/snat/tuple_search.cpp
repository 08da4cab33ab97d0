#include "proxy/snat/tuple_search.hpp"

#include <utility>

namespace fairlead::snat {

std::optional<tuple_lease> tuple_search::next(steady_time now)
{
    if (foreign_ports_ >= most_foreign_ports || unusable_sources_ >= most_sources) return std::nullopt;
    if (last_ != nullptr && ports_in_a_row_ < ports_per_source && last_->free(now) > 0) {
        if (auto same_source = last_->claim()) return same_source;
    }
    auto lease = from_.acquire(destination_, now, last_);
    if (!lease) return std::nullopt;
    if (last_ != nullptr && last_ != &lease->space()) ++failovers_;
    last_ = &lease->space();
    ports_in_a_row_ = 0;
    return lease;
}

void tuple_search::found_in_foreign_use(tuple_lease lease, steady_time now)
{
    ++foreign_ports_;
    ++ports_in_a_row_;
    lease.set_aside(now + foreign_use_time, tuple_use::foreign);
}

void tuple_search::found_source_unusable(tuple_lease lease, steady_time now)
{
    ++unusable_sources_;
    lease.space().pause(now + source_pause);
    lease.reset();
}

} // namespace fairlead::snat
