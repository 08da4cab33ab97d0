// The HTTP/1.1 heads that the generator writes, and as much reading of heads as its checks need.
//
// Pure text functions: no I/O. Only for the two fixed partners of a benchmark, not a general parser.
// Errors: verification_error when a head is not what the run expects.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fairlead::bench {

// What came back is not what was sent.
class verification_error : public std::runtime_error
{
    using std::runtime_error::runtime_error;
};

// A connection ended, or began its close, though nobody had asked for that; what it said before was right.
class ended_early : public verification_error
{
    using verification_error::verification_error;
};

// The key and its answer that RFC 6455 1.3 gives as an example: every connection uses this one.
inline constexpr std::string_view websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";
inline constexpr std::string_view websocket_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

inline constexpr std::size_t max_head_bytes = 16 * 1024;
inline constexpr std::size_t max_body_bytes = 64 * 1024 * 1024;

[[nodiscard]] std::string upgrade_request(std::string_view host);
[[nodiscard]] std::string_view upgrade_response();

// A GET for a body of so many bytes, at most max_body_bytes; and how many a request's head asks for.
[[nodiscard]] std::string get_request(std::string_view host, std::size_t body_bytes);
[[nodiscard]] std::size_t wanted_body_bytes(std::string_view head);
[[nodiscard]] std::string get_response(std::size_t body_bytes);  // 200 with response_body()
[[nodiscard]] std::string response_body(std::size_t body_bytes); // changing letters

// Bytes up to and including the empty line, or nothing yet. Throws when the head is above max_head_bytes.
[[nodiscard]] std::optional<std::size_t> head_length(std::string_view bytes);

// A field's value without surrounding blanks; the name is compared without case (RFC 9110 5.1).
[[nodiscard]] std::optional<std::string_view> field(std::string_view head, std::string_view name);

[[nodiscard]] bool
is_upgrade_request(std::string_view head); // throws when it is one with a wrong version or key
void verify_upgrade_response(std::string_view head);
void verify_get_response_head(std::string_view head, std::size_t body_bytes);

} // namespace fairlead::bench
