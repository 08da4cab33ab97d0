// A backend's answer has one meaning however it arrives, and what the client gets means the same to it
// (RFC 9112 6.3).
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/response_rules.hpp"
#include "test/fuzz/head_reading.hpp"

namespace {

using namespace fairlead;
using fuzz::require;

void check_interim(const http::head& sent, const http::response_facts& facts)
{
    require(!facts.framing.has_body(), "a 1xx has no body");
    std::string text;
    http::append_interim_head(text, sent, facts);
    http::head written;
    fuzz::read_written<http::response_head_parser>(text, written);
    const auto verdict = http::check_response(written, {});
    require(verdict.has_value() && verdict->is_interim && verdict->status == facts.status, "a 1xx stays one");
}

void check_forwarded(const http::head& sent, const http::response_facts& facts, const http::asked_for& asked,
                     const http::response_forwarding& how)
{
    std::string text;
    http::append_response_head(text, sent, facts, how);
    http::head written;
    fuzz::read_written<http::response_head_parser>(text, written);
    const auto verdict = http::check_response(written, asked);
    require(verdict.has_value(), "what is forwarded passes the rules");
    require(verdict->status == facts.status, "the status is kept");
    const auto framing = http::framing_to_client(facts, how.client_version_minor);
    require(verdict->framing == framing, "the client finds the end of the body");
    const bool closes = !how.keep_alive || framing.kind == http::framing_kind::until_close;
    require(facts.is_switching || verdict->keep_alive == !closes,
            "the client knows whether the connection stays");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    http::head sent;
    if (!fuzz::read_head<http::response_head_parser>({reinterpret_cast<const char*>(data), size}, sent))
        return 0;
    for (const auto method : {http::method_kind::get, http::method_kind::head}) {
        for (unsigned choice = 0; choice < 8; ++choice) {
            const http::asked_for asked{method, (choice & 1) != 0};
            const auto verdict = http::check_response(sent, asked);
            if (verdict.has_error()) {
                require(!http::reason_of(verdict.error()).empty(), "a fault has a reason");
                continue;
            }
            if (verdict->is_interim) {
                check_interim(sent, *verdict);
                continue;
            }
            const http::response_forwarding how{(choice & 2) != 0, (choice & 4) != 0, "X-Request-Id", "7f3a",
                                                "fairlead"};
            check_forwarded(sent, *verdict, asked, how);
        }
    }
    return 0;
}
