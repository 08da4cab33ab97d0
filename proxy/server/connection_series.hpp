// GET /metrics/connections: some tunnels as series for Prometheus, each by itself.
//
// As many as top= says, 10,000 at most; their labels come and go with them, so it is for a scrape of its own.
// The workers are asked in small steps (connection_finder), the text is put together in one step of the main
// thread; `make bench-scrape` times both. Thread: the main thread's.
#pragma once

#include "metrics/exposition.hpp"
#include "proxy/admin/page.hpp"
#include "proxy/server/connection_row.hpp"
#include "proxy/server/process_control.hpp"

#include <chrono>

namespace fairlead::server {

void add_connection(metrics::exposition& out, const connection_row& row,
                    std::chrono::steady_clock::time_point now);

net::task<admin::page_answer> answer_connection_series(process_control& process,
                                                       const admin::page_request& asked);

} // namespace fairlead::server
