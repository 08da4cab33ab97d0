#include "proxy/admin/page_table.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead::admin;

namespace {

page_table table_of(std::vector<std::string> paths)
{
    std::vector<page> pages;
    for (auto& each : paths)
        pages.push_back({.path = std::move(each), .methods = "GET, HEAD, POST"});
    return page_table(std::move(pages));
}

std::string found(const page_table& in, std::string_view path)
{
    const auto one = in.find(path);
    if (!one) return "none";
    std::string out = one->which->path;
    for (const auto& each : one->segments)
        out += " [" + each + "]";
    return out;
}

} // namespace

TEST_CASE("a path finds its page, and nothing that only begins alike")
{
    const page_table pages = table_of({"/metrics", "/connections", "/"});
    CHECK(found(pages, "/metrics") == "/metrics");
    CHECK(found(pages, "/") == "/");
    for (const auto* path : {"/metricsx", "/metrics/", "/metrics/x", "//metrics", "", "metrics", "*"}) {
        CAPTURE(path);
        CHECK(found(pages, path) == "none");
    }
}

TEST_CASE("a star is one segment, decoded, and never an empty one")
{
    const page_table pages = table_of({"/connections/*", "/connections/*/trace", "/backends/*/*"});
    CHECK(found(pages, "/connections/ab12") == "/connections/* [ab12]");
    CHECK(found(pages, "/connections/ab12/trace") == "/connections/*/trace [ab12]");
    CHECK(found(pages, "/backends/p/unix:%2Frun%2fa") == "/backends/*/* [p] [unix:/run/a]");
    CHECK(found(pages, "/backends/p/100%") == "/backends/*/* [p] [100%]");
    CHECK(found(pages, "/backends/p/%zz%4") == "/backends/*/* [p] [%zz%4]");
    CHECK(found(pages, "/connections/") == "none");
    CHECK(found(pages, "/connections//trace") == "none");
    CHECK(found(pages, "/connections/a/b") == "none");
    CHECK(found(pages, "/backends/p") == "none");
}

TEST_CASE("the first page that matches is the one")
{
    const page_table pages = table_of({"/a/b", "/a/*"});
    CHECK(found(pages, "/a/b") == "/a/b");
    CHECK(found(pages, "/a/c") == "/a/* [c]");
}

TEST_CASE("a change from a browser's page is refused")
{
    const page which{.path = "/drain", .methods = "GET, HEAD, POST"};
    const auto status_of = [&](const page_request& asked) {
        const auto refused = refusal_of(which, asked);
        return refused ? refused->status : 200U;
    };
    CHECK(status_of({"POST", "/drain", true, false, false}) == 200);
    CHECK(status_of({"POST", "/drain", false, false, false}) == 403); // a plain form
    CHECK(status_of({"POST", "/drain", true, true, false}) == 403);   // a script of a rebound name
    CHECK(status_of({"POST", "/drain", true, false, true}) == 400);
    CHECK(status_of({"GET", "/drain", false, true, false}) == 200);
    CHECK(status_of({"HEAD", "/drain", false, false, false}) == 200);
}

TEST_CASE("a method that a page has not got is told those that it has")
{
    const page which{.path = "/drain", .methods = "GET, HEAD, POST"};
    for (const auto* method : {"PUT", "DELETE", "get", "GET, HEAD", "", "OPTIONS"}) {
        CAPTURE(method);
        const auto refused = refusal_of(which, {method, "/drain", true, false, false});
        REQUIRE(refused.has_value());
        CHECK(refused->status == 405);
        CHECK(refused->allow == "GET, HEAD, POST");
    }
}
