// The pages of the admin listener that change something, or tell how far a change has come:
//
//   GET  /drain            every drain that stands, and how far it is
//   POST /drain?route=R    or backend=POOL/ADDRESS or listener=ADDRESS; &window=30s; &undo=1 takes it back
//   GET  /reload           the last reloads
//   POST /reload           reads the configuration again; ?dry_run=1 only tells what it would change
//   GET  /rebalance        the shares of each pool that is rebalanced, and what it would close
//   POST /rebalance?pool=P begins it
//   GET  /backends         what is known of each backend
//   GET  /connections?...  the tunnels that are asked for (connection_query), or /connections/ID
//   DELETE /connections?.. closes them
//
// A change needs the field X-Fairlead-Control: 1 and no Origin. A page of another site can have a browser
// send a plain form here; it cannot have it add a field (it would be asked first, and nothing here says yes),
// and where its name was made to resolve to this address, the browser says Origin. Parameters are in the
// query; a body is refused. Pure but for what the process does. Thread: the main thread's.
#pragma once

#include "proxy/server/process_control.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::server {

struct admin_query
{
    std::string_view method;
    std::string_view target; // path and query
    bool has_control_field = false;
    bool has_origin = false;
    bool has_body = false;
};

struct admin_answer
{
    unsigned status = 200;
    std::string body; // JSON, with a line end
    std::string_view allow = {};
};

admin_answer to_answer(const control_answer& from);

struct connections_query
{
    connections_request asked;
    std::optional<admin_answer> refusal = {}; // it is not to be asked
};

// Nothing when the path is not /connections or below it.
std::optional<connections_query> read_connections_query(const admin_query& asked);

// Nothing when the path is none of the others.
std::optional<admin_answer> answer_control(const admin_query& asked, process_control& process);

} // namespace fairlead::server
