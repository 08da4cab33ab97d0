// A request has one meaning however it arrives, and what goes to a backend means the same to who reads it
// next
// (RFC 9112 11.2).
#include "proxy/http/field_syntax.hpp"
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/http_rules.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "test/fuzz/head_reading.hpp"

#include <algorithm>
#include <array>

namespace {

using namespace fairlead;
using fuzz::require;

constexpr std::array<std::string_view, 13> own_fields{
    "Host",      "Content-Length", "Transfer-Encoding", "Connection",        "Upgrade",
    "Via",       "Expect",         "X-Forwarded-For",   "X-Forwarded-Proto", "X-Forwarded-Host",
    "Forwarded", "X-Request-Id",   "X-Forwarded-Prefix"};

http::request_forwarding forwarding(const http::head& sent, const http::request_facts& facts)
{
    http::request_forwarding how{.peer_ip = "2001:db8::1", .via_name = "fairlead", .forwarded = true};
    how.request_id_name = "X-Request-Id";
    how.request_id = http::chosen_request_id(sent, how.request_id_name, "7f3a");
    how.default_host = "backend.example";
    if (facts.is_upgrade) {
        how.upgrade = facts.is_websocket ? http::upgrade_intent::websocket : http::upgrade_intent::plain;
        how.upgrade_token = http::list_elements(facts.upgrade).next().value_or("");
    }
    return how;
}

void compare(const http::request_facts& sent, const http::request_facts& read)
{
    require(read.method_text == sent.method_text && read.method == sent.method, "the method is kept");
    require(read.query == sent.query && read.has_query == sent.has_query, "the query is kept");
    require(read.authority == (sent.authority.empty() ? "backend.example" : sent.authority), "Host is kept");
    require(read.framing == sent.framing, "the body ends where it ended");
    require(read.expects_continue == sent.expects_continue, "Expect holds or is gone");
    require(read.is_upgrade == sent.is_upgrade && read.is_websocket == sent.is_websocket,
            "an upgrade stays one");
    require(read.version_minor == 1 && read.keep_alive, "a backend is spoken to in persistent HTTP/1.1");
}

void check_forwarded(const http::head& sent, const http::request_facts& facts, std::string_view strip_prefix,
                     bool is_peer_trusted)
{
    auto how = forwarding(sent, facts);
    how.strip_prefix = strip_prefix;
    how.is_peer_trusted = is_peer_trusted;
    std::string text;
    http::append_request_head(text, sent, facts, how);
    http::head written;
    fuzz::read_written<http::request_head_parser>(text, written);
    for (const http::field field : written) {
        const auto is_it = [&](std::string_view name) { return http::equal_ignoring_case(name, field.name); };
        require(sent.find(field.name) || std::any_of(own_fields.begin(), own_fields.end(), is_it),
                "a field was sent by the client or is the proxy's");
    }
    const auto verdict = http::check_request(written);
    require(verdict.has_value(), "what is forwarded passes the rules");
    compare(facts, *verdict);
    const auto told = http::forwarded_client(written, {});
    require(told && conf::to_string(told->ip) == how.peer_ip, "the last one named is who dialled us");
    require(!strip_prefix.empty() || verdict->path == facts.path, "the path is kept");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    http::head sent;
    if (!fuzz::read_head<http::request_head_parser>({reinterpret_cast<const char*>(data), size}, sent))
        return 0;
    const auto verdict = http::check_request(sent);
    if (verdict.has_error()) {
        require(verdict.error().status >= 400 && verdict.error().status <= 599,
                "a refusal is an error status");
        return 0;
    }
    check_forwarded(sent, *verdict, {}, false);
    check_forwarded(sent, *verdict, "/a", true);
    return 0;
}
