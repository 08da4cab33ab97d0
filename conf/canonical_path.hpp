// The one form of a path in which routes are found and in which backends get it (RFC 3986 6.2.2).
//
// Percent-encodings of letters, digits and "-._~" are written as what they mean, the digits of the others in
// capitals: "/%7euser/caf%c3%a9" is "/~user/caf%C3%A9". Nothing else changes: what would need more than that
// to mean the same to every reader is refused by http_rules, and "//" and ";" stay, as they may be meant.
// One decoding is done: "%2561" stays, since "%25" is a percent sign and not the begin of another encoding.
//
// Pure. Thread: any. `path` has two hexadecimal digits behind each '%'.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::conf {

// `path` itself when it has that form, else what was written to `room`, whose capacity is kept.
std::string_view canonical_path(std::string_view path, std::string& room);

} // namespace fairlead::conf
