#include "metrics/discovery_samples.hpp"

#include "metrics/metric_table.hpp"

namespace fairlead::metrics {

void add_discovery(exposition& out, const discovery_state& of)
{
    out.add(metric::discovery_members, {of.pool}, static_cast<double>(of.members));
    if (of.last_good) {
        const std::chrono::duration<double> at_s = of.last_good->time_since_epoch();
        out.add(metric::discovery_last_success, {of.pool}, at_s.count());
    }
    for (const auto& [reason, count] : of.failures)
        out.add(metric::discovery_failures, {of.pool, reason}, static_cast<double>(count));
}

} // namespace fairlead::metrics
