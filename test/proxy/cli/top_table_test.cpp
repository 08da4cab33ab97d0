#include "proxy/cli/top_table.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace fairlead::cli;

namespace {

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

top_table routes()
{
    return {"routes",
            {{"route", top_unit::text}, {"tunnels", top_unit::count}, {"bytes/s", top_unit::bytes_rate}},
            {{{"chat", 0}, {"", 1'200}, {"", 0}},
             {{"api", 0}, {"", 3}, {"", 2'048}},
             {{"\xc3\xa4rger", 0}, {"", 3}, {"", 10}}}};
}

std::vector<std::string> names(const top_table& of)
{
    std::vector<std::string> out;
    for (const auto& row : of.rows)
        out.push_back(row.front().text);
    return out;
}

} // namespace

TEST_CASE("numbers sort the greatest first, names from a to z, and either the other way round")
{
    auto table = routes();
    table.sort(1, false);
    CHECK(names(table) == std::vector<std::string>{"chat", "api", "\xc3\xa4rger"});
    table.sort(1, true);
    CHECK(names(table) == std::vector<std::string>{"api", "\xc3\xa4rger", "chat"});
    table.sort(0, false);
    CHECK(names(table) == std::vector<std::string>{"api", "chat", "\xc3\xa4rger"});
}

TEST_CASE(
    "columns are as wide as what is shown of them, characters and not bytes, and the sorted one has a mark")
{
    const auto table = routes();
    CHECK(table.lines(1, 0, all, all) ==
          std::vector<std::string>{"route  tunnels*  bytes/s", "chat      1,200      0 B",
                                   "api           3  2.0 KiB", "\xc3\xa4rger         3     10 B"});
    CHECK(table.lines(2, 1, 2, all) ==
          std::vector<std::string>{"route  tunnels  bytes/s*", "api          3   2.0 KiB"});
}

TEST_CASE("a narrow screen cuts lines between characters")
{
    CHECK(routes().lines(1, 2, all, 3) == std::vector<std::string>{"rou", "\xc3\xa4rg"});
    CHECK(cut("\xc3\xa4\xc3\xb6", 1) == "\xc3\xa4");
    CHECK(cut("ab", 5) == "ab");
}

TEST_CASE("numbers are as short as they may be")
{
    CHECK(cell_text({"", 0}, top_unit::rate) == "0");
    CHECK(cell_text({"", 0.25}, top_unit::rate) == "0.2");
    CHECK(cell_text({"", 12'345.6}, top_unit::rate) == "12,346");
    CHECK(cell_text({"", 7'300}, top_unit::seconds) == "2 h");
    CHECK(cell_text({"", 119.9}, top_unit::seconds) == "119 s");
    CHECK(cell_text({"", 0}, top_unit::milliseconds).empty());
}
