// The request target and the authority, taken apart under the rules that http_rules documents.
//
// Pure, over borrowed bytes; nothing is decoded or normalised here: see conf/canonical_path.hpp. Thread: any.
// RFC 9112 3.2, RFC 3986 3.2-3.4.
#pragma once

#include <optional>
#include <string_view>

namespace fairlead::http {

enum class target_form : unsigned char
{
    origin,
    absolute,
    asterisk
};

struct request_target
{
    target_form form = target_form::origin;
    bool is_https = false;      // absolute-form only
    std::string_view authority; // absolute-form only
    std::string_view path;      // "/..." or "*"
    std::string_view query;
    bool has_query = false;
};

// Nothing when the target has none of the three forms or bytes outside visible ASCII, or a "#". The path is
// not checked. An absolute-form without a path has "/", or "*" for OPTIONS (RFC 9112 3.2.4).
std::optional<request_target> read_target(std::string_view target, bool is_options);

// True when every reader takes the path for the same one: no dot segments in any spelling, no encoded slash,
// backslash or NUL, no overlong form of UTF-8, no backslash, no broken percent-encoding.
bool is_unambiguous_path(std::string_view path);

// The host of "host[:port]" without the port and without one final dot. Nothing unless the host is 1 to 255
// of letters, digits and "-._~", or an IPv6 literal in brackets, and the port is empty or 0..65535. Stricter
// than RFC 3986, whose reg-name also has percent-encoding and "!$&'()*+,;=": no real name has them, and
// parsers disagree about them.
std::optional<std::string_view> read_host(std::string_view authority);

} // namespace fairlead::http
