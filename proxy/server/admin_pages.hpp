// All pages of the admin listeners.
//
//   /           the dashboard; what there is, for whoever is no browser
//   /events     the status as it changes (event_feed)
//   /metrics    everything that is counted, for Prometheus
//   /healthz    200 while the process runs its main loop; for everybody
//   /readyz     200 while it takes connections, 503 before and while it drains; for everybody
//   ...         those of admin_control, where there is a process to control
//
// A new page is a row more in process_pages(); see proxy/admin/page.hpp. Thread: the main thread's. Lifetime:
// the metrics and the process outlive the pages.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/admin/page.hpp"
#include "proxy/server/process_control.hpp"

#include <vector>

namespace fairlead::server {

// Without a `process` there is nothing to control: those pages are not there.
std::vector<admin::page> process_pages(const metrics::registry& metrics, process_control* process);

} // namespace fairlead::server
