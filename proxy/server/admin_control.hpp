// The pages of the process that change something, or tell how far a change has come:
//
//   GET  /drain            every drain that stands, and how far it is
//   POST /drain?route=R    or backend=POOL/ADDRESS or listener=ADDRESS; &window=30s; &undo=1 takes it back
//   GET  /reload           the last reloads
//   POST /reload           reads the configuration again; ?dry_run=1 only tells what it would change
//   GET  /rebalance        the shares of each pool that is rebalanced, and what it would close
//   POST /rebalance?pool=P begins it
//   GET  /backends         what is known of each backend
//   GET  /status           everything that an operator asks first (status_report)
//   POST /backends?backend=POOL/ADDRESS&weight=N  or eject=1 or restore=1 (both taken back)
//   GET  /explain?url=U    which route and backend a request would take, and why (explain_report)
//   GET  /connections?...  the tunnels that are asked for (connection_query), or /connections/ID
//   DELETE /connections?.. closes them
//   GET  /connections/ID/trace  its frames as they pass, see connection_trace
//   GET  /metrics/connections?top=100&by=bytes  series of them, see connection_series
//
// Parameters are in the query. Pure but for what the process does. Thread: the main thread's. Lifetime: the
// process outlives the pages.
#pragma once

#include "proxy/admin/page.hpp"
#include "proxy/server/process_control.hpp"

#include <vector>

namespace fairlead::server {

std::vector<admin::page> control_pages(process_control& process);

admin::page_answer to_answer(const control_answer& from);
connections_request connections_asked(const admin::page_request& asked);

} // namespace fairlead::server
