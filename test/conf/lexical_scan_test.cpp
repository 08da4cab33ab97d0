#include "conf/lexical_scan.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

TEST_CASE("quotes in strings and comments, escapes and several lines leave nothing open")
{
    for (const auto* text : {"", "a = 1", "a = \"b\" # it's", "a = 'C:\\'", "a = \"\\\"\"", "a = \"\"",
                             "a = ''", "a = \"\"\"\nit's\n\"\"\"", "a = '''\n\"\n'''",
                             "a = \"\"\"a\"\"\"\"\"", "a = '''''''' # x", "\"a.b\" = [\n'x', # '\n\"y\"]"})
    {
        CAPTURE(text);
        CHECK_FALSE(find_lexical_problem(text).has_value());
    }
}

TEST_CASE("an open string is reported where it starts, in code points")
{
    const auto problem = find_lexical_problem("a = 1\n\xC3\xA9 = \"x\nb = 2");
    REQUIRE(problem);
    CHECK(problem->what == scan_problem::kind::open_string);
    CHECK(problem->error.at == text_position{2, 5});
    CHECK(problem->error.message == "the string is not closed on its line");
    CHECK(find_lexical_problem("a = 'x")->error.at == text_position{1, 5});
    CHECK(find_lexical_problem("a = \"x\\\nb")->error.message == "the string is not closed on its line");
    CHECK(find_lexical_problem("a = \"\"\"x\"\n\"\"")->error.message == "the string is never closed");
}

TEST_CASE("nesting is bounded by brackets and by the dots of a key")
{
    const auto is_too_deep = [](const std::string& text) {
        const auto problem = find_lexical_problem(text);
        return problem && problem->what == scan_problem::kind::too_deep;
    };
    CHECK_FALSE(is_too_deep("a = " + std::string(max_bracket_depth, '[')));
    CHECK(is_too_deep("a = " + std::string(max_bracket_depth + 1, '[')));
    std::string dotted = "a";
    for (int i = 0; i < max_key_dots; ++i) {
        dotted += ".a";
    }
    CHECK_FALSE(is_too_deep(dotted + " = 1"));
    CHECK(is_too_deep(dotted + ".a = 1"));
    CHECK(is_too_deep("[" + dotted + ".a]"));
    CHECK_FALSE(is_too_deep("a = \"" + std::string(1'000, '.') + "\" # " + std::string(1'000, '.')));
}

} // namespace fairlead::conf
