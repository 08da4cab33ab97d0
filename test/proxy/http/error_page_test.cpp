#include "proxy/http/error_page.hpp"

#include "proxy/http/error_response.hpp"

#include <doctest/doctest.h>

#include <string>

namespace fairlead::http {
namespace {

conf::error_page page(std::uint16_t first, std::uint16_t last, std::string text,
                      conf::page_kind kind = conf::page_kind::text)
{
    return {{first, last}, kind, std::move(text)};
}

} // namespace

TEST_SUITE_BEGIN("error_page");

TEST_CASE("the route's pages come first, and among each the page of one status before its class before all")
{
    const conf::error_page_options all{{page(503, 503, "a503"), page(500, 599, "a5"), page(400, 599, "a")},
                                       {}};
    const conf::error_page_options own{{page(404, 404, "o404"), page(500, 599, "o5")}, {}};
    const auto found = [&](unsigned status, const conf::error_page_options* of_route) {
        const conf::error_page* const it = find_page(status, of_route, all);
        return it != nullptr ? it->text : std::string("none");
    };
    CHECK(found(503, &own) == "o5");
    CHECK(found(404, &own) == "o404");
    CHECK(found(403, &own) == "a");
    CHECK(found(503, nullptr) == "a503");
    CHECK(found(502, nullptr) == "a5");
    CHECK(found(308, nullptr) == "none");
    CHECK(find_page(404, nullptr, {}) == nullptr);
}

TEST_CASE("what a route says of backends' answers takes the place of what is said for all")
{
    const conf::error_page_options all{{}, std::vector<conf::status_range>{{500, 599}}};
    CHECK(is_intercepted(502, {}, all));
    CHECK_FALSE(is_intercepted(404, {}, all));
    CHECK_FALSE(is_intercepted(502, {{}, std::vector<conf::status_range>{}}, all));
    CHECK(is_intercepted(404, {{}, std::vector<conf::status_range>{{404, 404}}}, all));
    CHECK_FALSE(is_intercepted(502, {}, {}));
}

TEST_CASE("three names in braces are replaced, and every other brace is the page's own")
{
    CHECK(render(page(1, 1, "{status} {reason} {request_id}.{status}"), 502, "id-1") ==
          "502 Bad Gateway id-1.502");
    CHECK(render(page(1, 1, "a{b}{ {statu} {Status}{{status}}{"), 404, "") == "a{b}{ {statu} {Status}{404}{");
    CHECK(render(page(1, 1, ""), 404, "x").empty());
}

TEST_CASE("what a client made up is escaped as the page's kind wants it, and never read again")
{
    const std::string id = "<a>&\"'\\{status}";
    CHECK(render(page(1, 1, "{request_id}", conf::page_kind::html), 404, id) ==
          "&lt;a&gt;&amp;&quot;&#39;\\{status}");
    CHECK(render(page(1, 1, "{\"id\":\"{request_id}\"}", conf::page_kind::json), 404, id) ==
          "{\"id\":\"<a>&\\\"'\\\\{status}\"}");
    CHECK(render(page(1, 1, "{request_id}"), 404, id) == id);
}

TEST_CASE("an answer with a page has its type and length, and to HEAD nothing of it (RFC 9110 9.3.2)")
{
    const auto busy = page(503, 503, "<p>{request_id}</p>", conf::page_kind::html);
    error_options options{.header_lines = "Retry-After: 1\r\n", .cors_lines = "Vary: Origin\r\n"};
    options.page = &busy;
    options.request_id = "a<b";
    const std::string head = "HTTP/1.1 503 Service Unavailable\r\n"
                             "Content-Type: text/html; charset=utf-8\r\n"
                             "Cache-Control: no-store\r\n"
                             "Content-Length: 13\r\n"
                             "Connection: close\r\n"
                             "Retry-After: 1\r\n"
                             "Vary: Origin\r\n\r\n";
    CHECK(error_response(503, "no backend can be tried", options) == head + "<p>a&lt;b</p>");
    options.head_only = true;
    CHECK(error_response(503, "no backend can be tried", options) == head);
}

TEST_SUITE_END();

} // namespace fairlead::http
