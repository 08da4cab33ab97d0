// What is said in a route's name to pages of other origins (CORS; Fetch standard, 3.2).
//
//   OPTIONS with Origin and Access-Control-Request-Method ──► a preflight: answered, nothing is forwarded
//   anything else ──► the fields by which a browser decides whether the page may see the answer
//
// Who is not allowed gets no such field, and no error: it is the browser that refuses, and whoever is no
// browser is not bound by any of this. A page's WebSocket is not either: see websocket/origin_check.
// Pure text. Thread: any.
#pragma once

#include "conf/cors_options.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::http {

// The method that a preflight asks for; nothing when the request is none.
std::optional<std::string_view> preflight_method(const head& request, const request_facts& facts);

// 204, with what the page may do. `options.header_lines` and its page are not used.
void append_preflight_answer(std::string& out, const conf::cors_options& rules, const head& request,
                             const request_facts& facts, const error_options& options);

// The fields of any other answer, as whole lines. Vary says that others would get others, unless the answer's
// own does: `varies_already`.
std::string cors_lines(const conf::cors_options& rules, const head& request, const request_facts& facts,
                       bool varies_already = false);

// A field of a backend's answer whose place ours take.
bool is_cors_field(std::string_view name);

// Whether the answer says that it depends on the origin.
bool varies_by_origin(const head& response);

} // namespace fairlead::http
