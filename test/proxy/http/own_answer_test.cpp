#include "proxy/http/own_answer.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>

namespace fairlead::http {
namespace {

std::string answer(const conf::edge_options& edge, const std::string& head, bool keep_alive = true)
{
    const test::parsed_request request(head + "\r\n");
    const auto facts = check_request(request.get());
    REQUIRE(facts.has_value());
    std::string out;
    append_own_answer(out, edge, {*facts, "app.test", "http", keep_alive});
    return out;
}

std::string location(const std::string& to, const std::string& target)
{
    conf::edge_options edge;
    edge.redirect = to;
    const std::string text = answer(edge, "GET " + target + " HTTP/1.1\r\nHost: App.test:8080\r\n");
    const auto begin = text.find("Location: ") + 10;
    return text.substr(begin, text.find("\r\n", begin) - begin);
}

} // namespace

TEST_SUITE_BEGIN("own_answer");

TEST_CASE("a location has what the request asked for in place of the names")
{
    CHECK(location("https://{host}{uri}", "/a/b?x=1") == "https://app.test/a/b?x=1");
    CHECK(location("https://{host}{uri}", "/a?") == "https://app.test/a?");
    CHECK(location("https://{host}{uri}", "/") == "https://app.test/");
    CHECK(location("{scheme}://new.test{path}?old={query}", "/a?b=c") == "http://new.test/a?old=b=c");
    CHECK(location("/fixed", "/a") == "/fixed");
    CHECK(location("https://{host}:8443{uri}", "/%7B?{x}") == "https://app.test:8443/%7B?{x}");
}

TEST_CASE("without a host nobody is sent to one")
{
    conf::edge_options edge;
    edge.redirect = "https://{host}{uri}";
    CHECK(lacks_host(edge, ""));
    CHECK_FALSE(lacks_host(edge, "app.test"));
    edge.redirect = "/new";
    CHECK_FALSE(lacks_host(edge, ""));
    edge.respond = conf::respond_options{};
    CHECK_FALSE(lacks_host(edge, ""));
}

TEST_CASE("a redirect has its status, its headers and a body for who cannot follow")
{
    conf::edge_options edge;
    edge.redirect = "/new";
    edge.redirect_status = 302;
    edge.response_headers = {{"X-A", "b"}, {"Server", ""}};
    const std::string text = answer(edge, "GET / HTTP/1.1\r\nHost: a\r\n");
    CHECK(text.starts_with("HTTP/1.1 302 Found\r\n"));
    CHECK(text.find("Location: /new\r\n") != std::string::npos);
    CHECK(text.find("X-A: b\r\n") != std::string::npos);
    CHECK(text.find("Cache-Control: no-store\r\n") != std::string::npos);
    CHECK(text.find("Connection: keep-alive\r\n") != std::string::npos);
    CHECK(text.ends_with("\r\n\r\n302 Found\n"));
    CHECK(answer(edge, "HEAD / HTTP/1.1\r\nHost: a\r\n").ends_with("\r\n\r\n"));
}

TEST_CASE("what a route sets of a redirect is there once, as it says")
{
    conf::edge_options edge;
    edge.redirect = "/new";
    edge.response_headers = {{"cache-control", "max-age=60"}, {"Content-Type", "text/html"}};
    const std::string text = answer(edge, "GET / HTTP/1.1\r\nHost: a\r\n");
    CHECK(text.find("no-store") == std::string::npos);
    CHECK(text.find("text/plain") == std::string::npos);
    CHECK(text.find("cache-control: max-age=60\r\n") != std::string::npos);
}

TEST_CASE("a fixed response has its body, type and length, and none of them where there can be none")
{
    conf::edge_options edge;
    edge.respond = conf::respond_options{200, "{}", "application/json"};
    CHECK(answer(edge, "GET / HTTP/1.1\r\nHost: a\r\n", false) ==
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
          "Connection: close\r\n\r\n{}");
    CHECK(answer(edge, "HEAD / HTTP/1.1\r\nHost: a\r\n") ==
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
          "Connection: keep-alive\r\n\r\n");
    edge.respond = conf::respond_options{204, "", "text/plain"};
    CHECK(answer(edge, "GET / HTTP/1.1\r\nHost: a\r\n") ==
          "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
    edge.respond = conf::respond_options{404, "", "text/plain"};
    CHECK(answer(edge, "GET / HTTP/1.1\r\nHost: a\r\n") ==
          "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
    edge.respond = conf::respond_options{200, "<p>", "text/plain"};
    edge.response_headers = {{"content-type", "text/html"}};
    CHECK(answer(edge, "GET / HTTP/1.1\r\nHost: a\r\n").find("text/plain") == std::string::npos);
}

TEST_SUITE_END();

} // namespace fairlead::http
