#include "proxy/http/path_mapping.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace fairlead::http {
namespace {

path_mapping mapping(std::string_view stripped, std::string_view added)
{
    return {stripped, added, "www.test", "http", {"10.0.0.1:9000", "app.internal"}};
}

// What the client sees.
std::string seen(const path_mapping& how, const std::string& reference)
{
    return map_reference(how, reference).value_or(reference);
}

std::string refreshed(const std::string& value)
{
    return map_refresh(mapping("/chat", ""), value).value_or(value);
}

std::string cookie(const path_mapping& how, const std::string& value)
{
    return map_cookie(how, value).value_or(value);
}

} // namespace

TEST_SUITE_BEGIN("path_mapping");

TEST_CASE("a path goes back to the prefix that was stripped for it")
{
    const auto how = mapping("/chat", "");
    CHECK(seen(how, "/rooms/1?a=/b#c") == "/chat/rooms/1?a=/b#c");
    CHECK(seen(how, "/") == "/chat/");
    CHECK(seen(how, "/chat/x") == "/chat/chat/x"); // exactly: the backend's /chat/x has that name
    CHECK(seen(how, "/a//b") == "/chat/a//b");
}

TEST_CASE("a path loses the prefix that was added for it, on a segment boundary")
{
    const auto how = mapping("", "/v2");
    CHECK(seen(how, "/v2/rooms") == "/rooms");
    CHECK(seen(how, "/v2") == "/");
    CHECK(seen(how, "/v2?x") == "/?x");
    CHECK(seen(how, "/v20/rooms") == "/v20/rooms"); // the client has no name for it
    CHECK(seen(how, "/login") == "/login");
    const auto both = mapping("/chat", "/v2");
    CHECK(seen(both, "/v2/rooms") == "/chat/rooms");
    CHECK(seen(both, "/v2") == "/chat");
    CHECK(seen(both, "/v2/") == "/chat/");
}

TEST_CASE("the backend's own address goes, the client's host stays with its scheme")
{
    const auto how = mapping("/chat", "");
    CHECK(seen(how, "http://10.0.0.1:9000/rooms") == "/chat/rooms");
    CHECK(seen(how, "HTTP://App.Internal/rooms?x") == "/chat/rooms?x");
    CHECK(seen(how, "http://app.internal:80") == "/chat/");
    CHECK(seen(how, "//10.0.0.1:9000/rooms") == "/chat/rooms");
    CHECK(seen(how, "https://www.test/rooms") == "https://www.test/chat/rooms");
    CHECK(seen(how, "http://WWW.test:80/rooms#a") == "http://WWW.test:80/chat/rooms#a");
    CHECK(seen(how, "//www.test/rooms") == "//www.test/chat/rooms");
    CHECK(seen(mapping("", ""), "http://10.0.0.1:9000/rooms") == "/rooms");
    CHECK(seen(mapping("", ""), "https://www.test") == "https://www.test");
    path_mapping secure = mapping("/chat", "");
    secure.backend_scheme = "https";
    secure.backend_authority = {"10.0.0.1:443", ""};
    CHECK(seen(secure, "https://10.0.0.1/a") == "/chat/a");
    CHECK(seen(secure, "http://10.0.0.1/a") == "http://10.0.0.1/a");
}

TEST_CASE("what is not of the backend, or relative, is left alone")
{
    const auto how = mapping("/chat", "");
    for (const char* each :
         {"https://login.test/x", "http://www.test:8080/x", "http://10.0.0.1:9001/x",
          "https://10.0.0.1:9000/x", "http://10.0.0.1:9000@evil.test/x", "http://evil.test\\@10.0.0.1:9000/",
          "//evil.test/x", "///x", "rooms", "../rooms", "?page=2", "#top", "", "mailto:a@b",
          "ftp://10.0.0.1:9000/x", "http:/x", "/a/../b", "/a/%2e%2e/b", "/\\evil.test/"})
    {
        CAPTURE(each);
        CHECK_FALSE(map_reference(how, each));
    }
}

TEST_CASE("two slashes of a path do not become a host (RFC 3986 5.3)")
{
    CHECK(seen(mapping("", "/v2"), "/v2//evil.test/x") == "/.//evil.test/x");
    CHECK(seen(mapping("", ""), "http://10.0.0.1:9000//evil.test/x") == "/.//evil.test/x");
    CHECK(seen(mapping("", "/v2"), "http://www.test/v2//a") == "http://www.test//a");
    CHECK(seen(mapping("/chat", "/v2"), "/v2//evil.test/x") == "/chat//evil.test/x");
}

TEST_CASE("Refresh has a reference behind its time")
{
    CHECK(refreshed("5; url=/a") == "5; url=/chat/a");
    CHECK(refreshed("0;URL = '/a?b'") == "0;URL = '/chat/a?b'");
    CHECK(refreshed("0, url=\"http://10.0.0.1:9000/a\" x") == "0, url=\"/chat/a\" x");
    CHECK(refreshed("5; url='/a") == "5; url='/chat/a");
    for (const char* each :
         {"5", "5;", "5; url", "5; url=", "5; /a", "5; url=https://login.test/", "5; url='"}) {
        CAPTURE(each);
        CHECK_FALSE(map_refresh(mapping("/chat", ""), each));
    }
}

TEST_CASE("a cookie's Path is where the client meets what lies below it (RFC 6265 4.1.2.4)")
{
    const auto strips = mapping("/chat", "");
    CHECK(cookie(strips, "a=b; Path=/; HttpOnly") == "a=b; Path=/chat; HttpOnly");
    CHECK(cookie(strips, "a=b;path=/sub/;Secure") == "a=b;path=/chat/sub/;Secure");
    const auto both = mapping("/chat", "/v2/app");
    CHECK(cookie(both, "a=b; Path=/v2/app") == "a=b; Path=/chat");
    CHECK(cookie(both, "a=b; Path=/v2/app/x") == "a=b; Path=/chat/x");
    CHECK(cookie(both, "a=b; Path=/v2/") == "a=b; Path=/chat"); // holds all of the route's
    CHECK(cookie(both, "a=b; Path=/") == "a=b; Path=/chat");
    CHECK(cookie(mapping("", "/v2"), "a=b; Path=/v2") == "a=b; Path=/");
    for (const char* each :
         {"a=b", "a=b; Path", "a=b; Path=", "a=b; Path=\"/v2\"", "a=b; Path=/v3", "a=b; Path=/v2/apple",
          "__Host-a=b; Path=/; Secure", "Path=/v2/app", "a=b; Domain=x; Max-Age=1"})
    {
        CAPTURE(each);
        CHECK_FALSE(map_cookie(both, each));
    }
}

TEST_CASE("every path that a request reached comes back as the client's")
{
    for (const std::string below : {"", "/", "/a", "/a/b/", "/a//b"}) {
        const auto there = [&](const std::string& prefix) { return prefix + below; };
        CHECK(seen(mapping("/chat", "/v2"), there("/v2")) == there("/chat"));
        if (!below.empty()) CHECK(seen(mapping("/chat", ""), below) == there("/chat"));
        if (!below.empty()) CHECK(seen(mapping("", "/v2"), there("/v2")) == below);
    }
}

TEST_SUITE_END();

} // namespace fairlead::http
