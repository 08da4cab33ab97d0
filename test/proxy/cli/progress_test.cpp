#include "proxy/cli/progress.hpp"

#include <doctest/doctest.h>

using namespace fairlead;

TEST_CASE("a bar is as full as its part, and never wider than the terminal")
{
    CHECK(cli::progress_bar(0, "none", 200) == "[........................] none");
    CHECK(cli::progress_bar(0.5, "half", 200) == "[############............] half");
    CHECK(cli::progress_bar(1, "all", 200) == "[########################] all");
    CHECK(cli::progress_bar(-7, "", 200).find('#') == std::string::npos);
    CHECK(cli::progress_bar(7, "", 200).find('.') == std::string::npos);
    CHECK(cli::progress_bar(0.5, "half", 10).size() == 10);
}
