#include "metrics/admin_samples.hpp"

#include "metrics/metric_table.hpp"

namespace fairlead::metrics {

void add_admin(exposition& out, const admin_cells& of)
{
    for (const admin_refusal reason : by<admin_refusal, counter>::keys()) {
        const auto count = of.refusals[reason].value();
        if (count > 0) out.add(metric::admin_refusals, {label(reason)}, static_cast<double>(count));
    }
}

} // namespace fairlead::metrics
