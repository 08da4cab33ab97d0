#include "conf/diagnostics.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

config_error error_at(std::uint32_t line, std::uint32_t column, std::string line_text)
{
    return {{"f.toml", line, column}, "a.b", "is wrong", std::move(line_text)};
}

} // namespace

TEST_CASE("an error shows its line, and a caret under the column")
{
    CHECK(format_error(error_at(3, 5, "b = 1")) == "f.toml:3:5: error: a.b: is wrong\n"
                                                   "   3 | b = 1\n"
                                                   "     |     ^");
    CHECK(format_error({{"f.toml", 0, 0}, "", "is missing", ""}) == "f.toml: error: is missing");
}

TEST_CASE("the caret counts code points, and keeps tabs")
{
    CHECK(format_error(error_at(12, 3, "\t\xC3\xA9=x")) == "f.toml:12:3: error: a.b: is wrong\n"
                                                           "  12 | \t\xC3\xA9=x\n"
                                                           "     | \t ^");
    CHECK(format_error(error_at(1, 6, "b = 1")).ends_with("\n     |      ^"));
    CHECK(format_error(error_at(12'345, 1, "b")).ends_with("\n12345 | b\n      | ^"));
}

TEST_CASE("what a terminal would act on is replaced")
{
    CHECK(format_error(error_at(1, 2, "\x1b[2J\xff\xC2\x9b"))
              .find("\n   1 | \xEF\xBF\xBD[2J\xEF\xBF\xBD\xEF\xBF\xBD\n") != std::string::npos);
    CHECK(format_error({{"f\x1b", 0, 0}, "", "x\ny", ""}) == "f\xEF\xBF\xBD: error: x\xEF\xBF\xBDy");
    CHECK(in_quotes("a\nb") == "'a\xEF\xBF\xBD"
                               "b'");
    CHECK(in_quotes("") == "''");
    CHECK(in_quotes(std::string(1'000, 'a')) == "'" + std::string(60, 'a') + "...'");
}

TEST_CASE("a long line is shown around its caret, and none is quoted past 2,000 bytes")
{
    const std::string line = std::string(300, 'a') + "X" + std::string(300, 'b');
    const auto text = format_error(error_at(1, 301, line));
    CHECK(text.find("..." + std::string(60, 'a') + "X") != std::string::npos);
    CHECK(text.find(std::string(79, 'b') + "...\n") != std::string::npos);
    CHECK(text.ends_with("\n     | " + std::string(63, ' ') + "^"));

    const source_file file("f.toml", std::string(1'999, 'a') + "\xC3\xA9 and more\n");
    diagnostics errors;
    errors.add({&file, {1, 1}, ""}, "near");
    errors.add({&file, {1, 2'005}, ""}, "far");
    const auto list = errors.take();
    CHECK(list[0].line_text == std::string(1'999, 'a'));
    CHECK(format_error(list[1]) == "f.toml:1:2005: error: far");
}

TEST_CASE("errors come in the order of the files, then of the lines")
{
    const source_file a("a", "\n\n\n");
    const source_file b("b", "\n\n\n");
    diagnostics errors;
    errors.add_file("b");
    errors.add_file("a");
    errors.add({&a, {1, 1}, ""}, "3");
    errors.add({&b, {2, 9}, ""}, "2");
    errors.add({&b, {2, 1}, ""}, "1");
    errors.add({&a, {3, 1}, ""}, "4");
    errors.add_for_file("b", "0");
    std::string order;
    for (const auto& error : errors.take()) {
        order += error.message;
    }
    CHECK(order == "01234");
}

} // namespace fairlead::conf
