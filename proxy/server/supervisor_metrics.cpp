// What the supervisor has its metrics ask for when they are scraped.
#include "proxy/server/source_report.hpp"
#include "proxy/server/status_sections.hpp"
#include "proxy/server/supervisor.hpp"
#include "proxy/snat/port_range.hpp"

#include <chrono>
#include <vector>

namespace fairlead::server {

void supervisor::provide_metrics()
{
    const auto kernel_ports = conf::count_ports(conf::chosen_by_kernel(snat::read_host_ports()));
    registry_.set_source_usage(
        [this, kernel_ports] { return report_sources(ledger_, current_->pools, kernel_ports); });
    registry_.set_log_drops([this] { return metrics::log_drops{writer_.dropped(), process_log_.dropped()}; });
    registry_.set_reconciliation([this] { return reconciler_.report(); });
    registry_.set_name_failures([this] { return resolver_.failures(); });
    registry_.set_memory([this] { return budget_.report(); });
    registry_.set_accept_queues([this] { return queues_.read(); });
    registry_.set_certificates([this] { return credentials_.certificates(); });
    registry_.set_backend_states([this] { return health_.states(); });
    registry_.set_pool_states([this] { return health_.pool_states(); });
    registry_.set_discovery_states([this] { return discovery_.states(current_->config); });
    registry_.set_route_loads([this] { return route_loads(*current_); });
}

void supervisor::set_lifecycle(bool ready, bool draining, bool reload_ok)
{
    registry_.set_lifecycle({ready, draining, current_->generation, reload_ok,
                             std::chrono::system_clock::now(), current_->config.text_hash});
}

} // namespace fairlead::server
