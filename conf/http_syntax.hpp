// What HTTP allows in the texts of a configuration: tokens, field values, hosts and paths.
//
// Pure. The functions that return text return what is wrong, for a message, and "" when nothing is.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::conf {

std::string to_lower(std::string_view text); // ASCII
bool is_token(std::string_view text);        // RFC 9110 5.6.2
bool is_visible_text(std::string_view text); // printable ASCII without spaces, not empty
bool has_control(std::string_view text);     // a C0 control character (a tab too) or DEL

// A value that a field line can carry unchanged (RFC 9110 5.5): no CR, LF or NUL, no space at its ends.
std::string problem_of_field_value(std::string_view value);

// A field that a route must not set: framing, hop-by-hop or the WebSocket handshake's. Any case.
bool is_reserved_field(std::string_view name);

// A route's host, in lower case: "a.b", "*.b", "10.0.0.1" or "[::1]".
std::string problem_of_host(std::string_view host);

// A path as a client sends it (RFC 3986 3.3): starts with '/', percent-encoded, without query and fragment.
std::string problem_of_path(std::string_view path);

// RE2's words for what is wrong with a regex.
std::string problem_of_regex(const std::string& regex);

} // namespace fairlead::conf
