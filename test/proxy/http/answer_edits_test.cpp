#include "proxy/http/answer_edits.hpp"

#include "proxy/http/forward_headers.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>

namespace fairlead::http {
namespace {

std::string forwarded(const std::string& fields, const answer_edits& edits, const std::string& own = "")
{
    const test::parsed_response response("HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 0\r\n\r\n");
    const auto facts = check_response(response.get(), {});
    REQUIRE(facts.has_value());
    response_forwarding how;
    how.edits = &edits;
    how.own_lines = own;
    std::string out;
    append_response_head(out, response.get(), *facts, how);
    return out;
}

const std::string begin = "HTTP/1.1 200 OK\r\n";
const std::string rest = "Content-Length: 0\r\n";

} // namespace

TEST_SUITE_BEGIN("answer_edits");

TEST_CASE("the proxy's word on other origins takes the backend's place, and its Vary stays")
{
    answer_edits edits;
    edits.replaces_cors = true;
    CHECK(forwarded(
              "access-control-allow-origin: *\r\nVary: Accept\r\nAccess-Control-Allow-Credentials: true\r\n"
              "Location: /a\r\n",
              edits, "Access-Control-Allow-Origin: https://a.test\r\n") ==
          begin + "Vary: Accept\r\nLocation: /a\r\n" + rest +
              "Access-Control-Allow-Origin: https://a.test\r\n\r\n");
}

TEST_CASE("locations and cookies are mapped where each is wanted")
{
    const std::string fields = "Location: /a\r\ncontent-location: /b\r\nRefresh: 1; url=/c\r\n"
                               "Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\nLink: </e>\r\n";
    answer_edits edits;
    CHECK_FALSE(edits.has_any());
    edits.mapping.stripped = "/chat";
    CHECK(forwarded(fields, edits) == begin + fields + rest + "\r\n");
    edits.maps_locations = true;
    CHECK(edits.has_any());
    CHECK(forwarded(fields, edits) ==
          begin + "Location: /chat/a\r\ncontent-location: /chat/b\r\nRefresh: 1; url=/chat/c\r\n" +
              "Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\nLink: </e>\r\n" + rest + "\r\n");
    edits.maps_locations = false;
    edits.maps_cookies = true;
    CHECK(forwarded(fields, edits) ==
          begin + "Location: /a\r\ncontent-location: /b\r\nRefresh: 1; url=/c\r\n" +
              "Set-Cookie: a=b; Path=/chat\r\nSet-Cookie: c=d\r\nLink: </e>\r\n" + rest + "\r\n");
}

TEST_SUITE_END();

} // namespace fairlead::http
