#include "conf/config_diff.hpp"
#include "test/conf/reading.hpp"
#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace fairlead::conf {

namespace {

// `top` and a route with `keys`, in a folder with some pages.
struct site
{
    explicit site(const std::string& top, const std::string& keys = "")
    {
        folder.write("pages/404.html", "<p>{status}</p>");
        folder.write("any.txt", "sorry");
        folder.write("5xx.json", "{}");
        folder.write("big.html", std::string(64UL * 1024 + 1, 'x'));
        const auto file =
            folder.write("t.toml", std::string(listen_line) + top + "\n" + std::string(pool_lines) +
                                       std::string(route_lines) + keys + "\n");
        read = read_config(file);
    }

    std::string problem() const
    {
        const auto errors = brief_errors(read);
        REQUIRE(errors.size() == 1);
        return errors[0];
    }
    bool follows(std::string_view name) const
    {
        return std::ranges::find(read.value.files, (folder.path() / name).string()) != read.value.files.end();
    }

    scratch_folder folder;
    read_result read;
};

bool has(const std::string& text, std::string_view part)
{
    INFO(text);
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("pages are for a status, a class or all errors, the narrower first")
{
    const site one("[error_pages]\ndefault = \"any.txt\"\n5xx = \"5xx.json\"\n404 = \"pages/404.html\"\n");
    CHECK(brief_errors(one.read).empty());
    CHECK(one.read.value.error_pages.pages ==
          std::vector<error_page>{{{404, 404}, page_kind::html, "<p>{status}</p>"},
                                  {{500, 599}, page_kind::json, "{}"},
                                  {{400, 599}, page_kind::text, "sorry"}});
    CHECK_FALSE(one.read.value.error_pages.intercept);
    for (const char* name : {"pages/404.html", "any.txt", "5xx.json"})
        CHECK(one.follows(name));
}

TEST_CASE("a route has pages of its own, and says itself which answers of backends they replace")
{
    const site one("[error_pages]\nintercept = \"502-504\"\n",
                   "error_pages = { 4xx = \"any.txt\", intercept = [\"404\", \"500-599\"] }");
    CHECK(brief_errors(one.read).empty());
    CHECK(one.read.value.error_pages.intercept == std::vector<status_range>{{502, 504}});
    const auto& own = one.read.value.routes.at(0).edge.error_pages;
    REQUIRE(own.pages.size() == 1);
    CHECK(own.pages[0].statuses == status_range{400, 499});
    CHECK(own.intercept == std::vector<status_range>{{404, 404}, {500, 599}});
    const site none("", "error_pages = { intercept = [] }");
    CHECK(none.read.value.routes.at(0).edge.error_pages.intercept == std::vector<status_range>{});
}

TEST_CASE("what is wrong with a page is told at its key, and its file is looked at for the mend")
{
    const site gone("[error_pages]\n404 = \"gone.html\"\n");
    CHECK(has(gone.problem(), "3:7 error_pages.404: 'gone.html' cannot be opened"));
    CHECK(gone.follows("gone.html"));
    CHECK(has(site("[error_pages]\n404 = \"big.html\"\n").problem(), "larger than 64 KiB"));
    CHECK(has(site("[error_pages]\n404 = \"page.php\"\n").problem(), "ends in .html, .json or .txt"));
    CHECK(has(site("[error_pages]\n404 = 1\n").problem(), "wants the name of a file"));
    CHECK(has(site("[error_pages]\n399 = \"any.txt\"\n").problem(), "'399'"));
    CHECK(has(site("[error_pages]\n3xx = \"any.txt\"\n").problem(), "'3xx'"));
    CHECK(has(site("[error_pages]\nintercept = \"200\"\n").problem(), "not statuses from 400 on"));
    CHECK(has(site("", "error_pages = { 404 = \"gone.html\" }").problem(),
              "route[0].error_pages.404: 'gone.html'"));
}

TEST_CASE("another text of a page is another configuration")
{
    const std::string top = "[error_pages]\n404 = \"pages/404.html\"\n";
    const site before(top, "error_pages = { 5xx = \"5xx.json\" }");
    site after(top, "error_pages = { 5xx = \"5xx.json\" }");
    CHECK(compare(before.read.value, after.read.value).empty());
    after.folder.write("pages/404.html", "<p>new</p>");
    after.folder.write("5xx.json", "{ }");
    after.read = read_config(after.folder.path() / "t.toml");
    const auto diff = compare(before.read.value, after.read.value);
    REQUIRE(diff.settings.size() == 1);
    CHECK(diff.settings[0].key == "error_pages");
    REQUIRE(diff.routes.size() == 1);
    CHECK(diff.routes[0].keys.at(0).key == "error_pages");
}

} // namespace fairlead::conf
