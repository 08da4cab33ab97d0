#include "proxy/dashboard/dashboard_pages.hpp"

#include "proxy/dashboard/page_files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace fairlead;
using namespace fairlead::dashboard;

namespace {

admin::page_answer ask(std::string_view path, std::string_view accept)
{
    const auto pages = dashboard_pages("all there is\n");
    const auto found = std::ranges::find(pages, path, &admin::page::path);
    REQUIRE(found != pages.end());
    return found->answer({.method = "GET", .target = path, .accept = accept});
}

std::string_view text_of(std::string_view path)
{
    const auto found = std::ranges::find(page_files(), path, &page_file::path);
    REQUIRE(found != page_files().end());
    return found->text;
}

} // namespace

TEST_CASE("a browser gets the page, everybody else the list")
{
    const auto page = ask("/", "text/html,application/xhtml+xml,*/*;q=0.8");
    CHECK(page.type == "text/html; charset=utf-8");
    CHECK(page.body.starts_with("<!doctype html>"));
    CHECK(ask("/", "*/*").body == "all there is\n");
    CHECK(ask("/", "").body == "all there is\n");
}

TEST_CASE("nothing may come from elsewhere, and no text becomes a script")
{
    const std::string lines = ask("/", "text/html").header_lines;
    CHECK(lines.starts_with("Content-Security-Policy: default-src 'none'; script-src 'self'; "));
    CHECK(lines.find("unsafe") == lines.npos);
    CHECK(lines.ends_with("\r\n"));
    CHECK(ask("/dashboard/main.js", "*/*").header_lines == lines);
    CHECK(ask("/dashboard/main.js", "*/*").type == "text/javascript; charset=utf-8");
}

TEST_CASE("files are embedded to the byte")
{
    std::ifstream file(FAIRLEAD_SOURCE_DIR "/proxy/dashboard/page.css");
    const std::string whole{std::istreambuf_iterator<char>(file), {}};
    CHECK(text_of("/dashboard/page.css") == whole);
}

TEST_CASE("the page has neither inline scripts nor inline styles, nor makes markup of text")
{
    const std::string_view page = text_of("/");
    CHECK(page.find("style=") == page.npos);
    CHECK(page.find("onclick=") == page.npos);
    CHECK(page.find("<style") == page.npos);
    CHECK(page.find("//") == page.npos); // no address but its own
    for (const page_file& each : page_files()) {
        CAPTURE(each.path);
        CHECK(each.text.find("innerHTML") == each.text.npos);
        CHECK(each.text.find("document.write") == each.text.npos);
        CHECK(each.text.find("https:") == each.text.npos);
    }
}
