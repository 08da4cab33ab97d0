#include "proxy/discovery/file_members.hpp"

#include <doctest/doctest.h>

namespace fairlead::discovery {

namespace {

std::string brief(const look_result& of)
{
    if (!of.members) return std::string(word_of(*of.failure)) + ": " + of.problem;
    std::string out;
    for (const member& each : *of.members)
        out += each.address.text + "*" + std::to_string(each.weight) + " ";
    return out;
}

std::string parsed(std::string_view text) { return brief(parse_members(text, 4)); }

} // namespace

TEST_SUITE("file_members")
{
    TEST_CASE("targets of all groups are members, sorted, with the weight of their group")
    {
        CHECK(parsed(R"([{"targets": ["10.0.0.2:80", "app:90"], "labels": {"env": "x"}},
                         {"targets": ["10.0.0.1:80"], "labels": {"fairlead_weight": "5"}}])") ==
              "10.0.0.1:80*5 10.0.0.2:80*1 app:90*1 ");
    }

    TEST_CASE("a target that is listed twice is one member, as it was listed first")
    {
        CHECK(parsed(R"([{"targets": ["a:1"], "labels": {"fairlead_weight": "2"}}, {"targets": ["a:1"]}])") ==
              "a:1*2 ");
    }

    TEST_CASE("an empty list says that there are no members")
    {
        CHECK(parsed("[]") == "");
        CHECK(parse_members("[]", 1).members.has_value());
        CHECK_FALSE(parse_members("", 1).members.has_value());
    }

    TEST_CASE("what is not all good is refused, with the reason")
    {
        CHECK(parsed("[{").starts_with("invalid: it is not JSON"));
        CHECK(parsed("{}").starts_with("invalid: it is not a list"));
        CHECK(parsed("[1]").starts_with("invalid: an entry of the list"));
        CHECK(parsed("[{}]").starts_with("invalid: an entry has no list"));
        CHECK(parsed(R"([{"targets": [1]}])").starts_with("invalid: a target is not a text"));
        CHECK(parsed(R"([{"targets": ["a:1", "b"]}])") == "invalid: 'b' is not a target \"HOST:PORT\"");
        CHECK(parsed(R"([{"targets": ["a:0"]}])").starts_with("invalid: 'a:0'"));
        CHECK(parsed(R"([{"targets": ["a:1-2"]}])").starts_with("invalid: 'a:1-2'"));
        for (const auto* weight : {"\"0\"", "\"1001\"", "\"2x\"", "2", "\"\""})
            CHECK(parsed(std::string(R"([{"targets": ["a:1"], "labels": {"fairlead_weight": )") + weight +
                         "}}]")
                      .starts_with("invalid: the label fairlead_weight"));
    }

    TEST_CASE("more than the most are refused, counted before they are read")
    {
        CHECK(parsed(R"([{"targets": ["a:1", "b:1", "c:1"]}, {"targets": ["d:1", "e:1"]}])")
                  .starts_with("too_many: "));
        CHECK(parsed(R"([{"targets": ["a:1", "b:1", "c:1", "d:1"]}])") == "a:1*1 b:1*1 c:1*1 d:1*1 ");
    }

    TEST_CASE("a nesting without end is refused")
    {
        CHECK(parsed(std::string(100'000, '[')).starts_with("invalid: it is not JSON"));
    }

    TEST_CASE("a file that is not there is unreadable")
    {
        CHECK(
            brief(read_members_file("/nonexistent/members.json", 4)).starts_with("unreadable: it cannot be"));
    }
}

} // namespace fairlead::discovery
