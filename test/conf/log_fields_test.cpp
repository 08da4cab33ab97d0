#include "conf/log_fields.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>

namespace fairlead::conf {

namespace {

// The names in the first cells of the tables of the section: "| `a`, `b` | ...".
std::set<std::string> documented_fields()
{
    std::ifstream file(FAIRLEAD_SOURCE_DIR "/docs/operations.md");
    REQUIRE(file.good());
    std::set<std::string> names;
    bool is_inside = false;
    bool is_of_fields = false;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("## ")) is_inside = line == "## Logs";
        if (!is_inside) continue;
        if (line.empty()) is_of_fields = false;
        if (line == "| field | meaning |") is_of_fields = true;
        if (!is_of_fields || !line.starts_with("| `")) continue;
        const std::string cell = line.substr(2, line.find(" |", 2) - 2);
        for (std::size_t at = cell.find('`'); at != cell.npos; at = cell.find('`', at + 1)) {
            const std::size_t end = cell.find('`', at + 1);
            names.insert(cell.substr(at + 1, end - at - 1));
            at = end;
        }
    }
    return names;
}

} // namespace

TEST_CASE("every field of the access log has its row in docs/operations.md, and every row is a field's")
{
    auto documented = documented_fields();
    for (const auto& row : log_fields()) {
        CAPTURE(row.name);
        CHECK(documented.erase(std::string(row.name)) == 1);
    }
    for (const auto& left : documented)
        FAIL_CHECK("no field of the access log: " << left);
}

TEST_CASE("every field is of some line, and has a name of its own")
{
    std::set<std::string_view> names;
    for (const auto& row : log_fields()) {
        CAPTURE(row.name);
        CHECK(row.lines != 0);
        CHECK(names.insert(row.name).second);
        CHECK(&row_of(row.what) == &row);
    }
}

} // namespace fairlead::conf
