#include "proxy/http/forward_headers.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace fairlead::http {
namespace {

std::string forwarded(const std::string& target, const std::string& fields, request_forwarding how)
{
    const test::parsed_request request("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    const auto facts = check_request(request.get());
    REQUIRE(facts.has_value());
    how.strip_prefix = "/chat";
    std::string out;
    append_request_head(out, request.get(), *facts, how);
    return out;
}

// The one X-Forwarded-Prefix; "" when there is none.
std::string told(const std::string& target, const std::string& fields, const request_forwarding& how = {})
{
    constexpr std::string_view name = "\r\nX-Forwarded-Prefix: ";
    const std::string out = forwarded(target, fields, how);
    const auto at = out.find(name);
    if (at == std::string::npos) return "";
    CHECK(out.find(name, at + 1) == std::string::npos);
    const auto begin = at + name.size();
    return out.substr(begin, out.find("\r\n", begin) - begin);
}

} // namespace

TEST_SUITE_BEGIN("forward_headers");

TEST_CASE("a prefix that is taken off is told, whatever the client says of it")
{
    CHECK(told("/chat/x", "") == "/chat");
    CHECK(told("/chat", "X-Forwarded-Prefix: /a\r\n") == "/chat");
    CHECK(told("/chatter", "X-Forwarded-Prefix: /a\r\n") == "");
    CHECK(told("/chat/x", "", {.x_forwarded = false}) == "");
}

TEST_CASE("what trusted proxies have taken off stands in front of it")
{
    const std::string sent = "X-Forwarded-Prefix: /a/, /b\r\nX-Forwarded-Prefix: /c\r\n";
    CHECK(told("/chat/x", sent, {.is_peer_trusted = true}) == "/a/b/c/chat");
    CHECK(told("/chatter", "X-Forwarded-Prefix: /a/\r\n", {.is_peer_trusted = true}) == "/a/");
}

TEST_CASE("a route's set_headers have the last word on the prefix")
{
    const std::vector<conf::header_value> set{{"x-forwarded-prefix", ""}};
    CHECK(forwarded("/chat", "", {.x_forwarded = true, .set_headers = set}).find("/chat") ==
          std::string::npos);
}

TEST_SUITE_END();

} // namespace fairlead::http
