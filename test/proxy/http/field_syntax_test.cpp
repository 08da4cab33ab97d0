#include "proxy/http/field_syntax.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead::http;

namespace {

std::vector<std::string_view> elements_of(std::string_view value)
{
    list_elements list(value);
    std::vector<std::string_view> out;
    while (const auto element = list.next())
        out.push_back(*element);
    return out;
}

} // namespace

TEST_CASE("a list is split at commas, empty elements do not count (RFC 9110 5.6.1)")
{
    using list = std::vector<std::string_view>;
    CHECK(elements_of("a, b ,c") == list{"a", "b", "c"});
    CHECK(elements_of(" ,, a,\t,") == list{"a"});
    CHECK(elements_of("").empty());
    CHECK(elements_of("a; x=\"1,2\\\",3\", b") == list{"a; x=\"1,2\\\",3\"", "b"});
}

TEST_CASE("a list with an unterminated quoted string is malformed (RFC 9110 5.6.4)")
{
    for (const std::string_view value : {"\"", "a=\"b", "a=\"b\\", "a=\"b\\\"", "a, \""}) {
        list_elements list(value);
        while (list.next()) {
        }
        CHECK(list.malformed());
    }
}

TEST_CASE("tokens compare without regard to case in lists")
{
    CHECK(list_contains("keep-alive, UPGRADE", "upgrade"));
    CHECK_FALSE(list_contains("upgrades, up-grade", "upgrade"));
    CHECK_FALSE(list_contains("\"upgrade\"", "upgrade"));
}

TEST_CASE("an element with parameters gives its name (RFC 9110 5.6.6)")
{
    for (const std::string_view element : {"name", "name;a", "name ; a = b; c=\"x;y=z\" ; d", "name;a=\"\""})
    {
        CAPTURE(element);
        CHECK(read_parameterised_token(element).name == "name");
        CHECK(read_parameterised_token(element).well_formed);
    }
    for (const std::string_view element : {"", "na me", "name;", "name;a=", "name;=b", "name;a=\"b",
                                           "name;a=\"b\"c", "name;a=b c", "name;;a", "\"name\""})
    {
        CAPTURE(element);
        CHECK_FALSE(read_parameterised_token(element).well_formed);
    }
}

TEST_CASE("text classes: token, visible ASCII")
{
    CHECK(is_token("X-Tenant_1!#$%&'*+.^`|~"));
    CHECK_FALSE(is_token(""));
    CHECK_FALSE(is_token("a b"));
    CHECK_FALSE(is_token("a:"));
    CHECK_FALSE(is_token("\xc3\xa4"));
    CHECK(is_visible_ascii("!~"));
    CHECK_FALSE(is_visible_ascii("a b"));
    CHECK_FALSE(is_visible_ascii("\x7f"));
    CHECK_FALSE(is_visible_ascii("\xff"));
    CHECK_FALSE(is_visible_ascii(""));
}
