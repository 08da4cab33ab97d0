// What would become of a request, and why: its listener, the rules it has to pass, its route and those that
// nearly matched, what the route does, and the backends that may serve it.
//
//   {"request": {"method", "host", "path", "query", "websocket"},
//    "listener": {"address", "tls"} or null, "note": "..." where none has the port,
//    "refused": {"status", "reason"}                      it never reaches a route
//    "route": {"name", "where", "conditions": [...]} or null
//    "others": [{"name", "where", "holds", "behind", "failed": [{"condition", "seen"}]}]
//    "gates": [{"gate", "passes": true, false or null (not known), "text"}]
//    "answer": {"status", "location"}                     the route answers itself
//    "forward": {"pool", "head": [lines], "sticky", "backends": [{"backend", "state", "weight", "active",
//                "may_be_chosen"}]}}
//
// Nothing is sent, counted or changed: rates and budgets are not asked. Thread: the control thread's.
#pragma once

#include "proxy/http/service.hpp"
#include "proxy/server/explain_request.hpp"

#include <boost/json/object.hpp>

namespace fairlead::server {

// Of one that may be imagined. Without `is_running` nothing is known of the backends' states.
boost::json::object explain(const imagined_request& asked, const http::service& by, bool is_running);

} // namespace fairlead::server
