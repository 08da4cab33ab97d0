#include "proxy/cli/man_page.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::cli;

TEST_CASE("a dash stays a dash, a backslash a backslash, and no text becomes a request of roff")
{
    const command_model program{
        "fairlead", "A proxy", {}, {}, {{"run", ".hidden \\ a-b. And more", {}, {}, {}}}};
    const std::string page = man_page(program, "1.2.3");
    CHECK(page.find(".SS run\n\\&.hidden \\e a\\-b.\nAnd more.\n") != page.npos);
    CHECK(page.find("Fairlead 1.2.3") != page.npos);
}

TEST_CASE("an option has its names, what it takes, its text and its default")
{
    const command_model program{
        "fairlead",
        "",
        {},
        {},
        {{"run", "Run", {{{"--config", "-c"}, "FILE", "The file", "/etc/f.toml", false}}, {}, {}}}};
    const std::string page = man_page(program, "1");
    CHECK(page.find(
              ".TP\n\\fB\\-\\-config\\fR, \\fB\\-c\\fR \\fIFILE\\fR\nThe file.\nBy default /etc/f.toml.\n") !=
          page.npos);
}
