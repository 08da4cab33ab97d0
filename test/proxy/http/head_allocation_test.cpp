// Counts what operator new is asked for while a request passes from bytes to the forwarded head.
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/head_parser.hpp"

#include "test/support/allocations.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::http;

namespace {

const std::string request_bytes =
    "POST /chat/room?x=1 HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Mozilla/5.0\r\n"
    "Accept: */*\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
    "Transfer-Encoding: chunked\r\nX-Request-Id: 0123456789abcdef\r\n\r\n";
const std::string response_bytes =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: s\r\nConnection: close\r\n\r\n";

// One connection's state, reused from request to request.
struct connection
{
    request_head_parser request_parser;
    response_head_parser response_parser;
    head request;
    head response;
    std::string host;
    std::string to_backend;
    std::string to_client;
};

bool pass_request(connection& c)
{
    c.request_parser.reset();
    if (c.request_parser.parse(request_bytes, c.request).status != parse_status::done) return false;
    const auto verdict = check_request(c.request);
    if (!verdict.has_value()) return false;
    lower_case_host(*verdict, c.host);
    c.to_backend.clear();
    append_request_head(c.to_backend, c.request, *verdict,
                        {.peer_ip = "192.0.2.1",
                         .via_name = "fairlead",
                         .forwarded = true,
                         .request_id_name = "X-Request-Id",
                         .request_id = chosen_request_id(c.request, "X-Request-Id", "generated")});
    return true;
}

bool pass_response(connection& c)
{
    c.response_parser.reset();
    if (c.response_parser.parse(response_bytes, c.response).status != parse_status::done) return false;
    const auto verdict = check_response(c.response, {});
    if (!verdict.has_value()) return false;
    c.to_client.clear();
    append_response_head(c.to_client, c.response, *verdict, {.via_name = "fairlead"});
    return true;
}

} // namespace

TEST_CASE("parsing, checking and forwarding heads allocates nothing once a connection is warm")
{
    connection c;
    REQUIRE(pass_request(c));
    REQUIRE(pass_response(c));
    const auto before = fairlead::test::allocations();
    bool passed = true;
    for (int i = 0; i < 100; ++i)
        passed = passed && pass_request(c) && pass_response(c);
    const auto after = fairlead::test::allocations();
    CHECK(passed);
    CHECK(after == before);
    CHECK(before > 0);
}
