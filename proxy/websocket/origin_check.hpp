// Whether a browser's page may open a WebSocket here: the defence against cross-site WebSocket hijacking.
//
// A browser sends cookies with a WebSocket to any host, and no preflight; only Origin tells whose page asked
// (RFC 6455 10.2, RFC 6454 7). Pure. Thread: any.
#pragma once

#include "conf/model.hpp"
#include "proxy/http/head.hpp"

#include <span>
#include <string_view>

namespace fairlead::websocket {

// `authority` is the request's Host. Several Origin fields are never allowed. No patterns allow everything.
bool is_origin_allowed(std::span<const conf::origin_pattern> patterns, const http::head& request,
                       std::string_view authority);

} // namespace fairlead::websocket
