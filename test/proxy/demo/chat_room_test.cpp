#include "proxy/demo/chat_room.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead::demo;

namespace {

struct listener final : chat_member
{
    void deliver(shared_text text) override { heard.push_back(std::move(text)); }
    std::vector<shared_text> heard;
};

} // namespace

TEST_CASE("what one says reaches everybody who has a seat, as one shared text")
{
    chat_room room;
    listener ada, grace;
    const chat_room::seat first(room, ada);
    {
        const chat_room::seat second(room, grace);
        room.say({"ada", "ahoy"}, {"backend-1", "1.1 fairlead"});
    }
    room.say({"ada", "alone now"}, {"backend-1", ""});

    REQUIRE(grace.heard.size() == 1);
    CHECK(ada.heard.size() == 2);
    CHECK(ada.heard[0] == grace.heard[0]);
    CHECK(*grace.heard[0] == R"({"kind":"message","from":"ada","text":"ahoy","backend":"backend-1",)"
                             R"("via":"1.1 fairlead","people":2})");
    CHECK(room.messages() == 2);
    CHECK(room.people() == 1);
}

TEST_CASE("the welcome names the backend and how the connection came")
{
    const chat_room room;
    CHECK(room.welcome({"backend-2", ""}) ==
          R"({"kind":"welcome","backend":"backend-2","via":"","people":0})");
}

TEST_CASE("a chat line is an object with from and text, anything else a guest's text")
{
    const chat_line said = read_chat_line(R"({"from":"ada","text":"a \"word\" of \u00e9"})");
    CHECK(said.from == "ada");
    CHECK(said.text == "a \"word\" of \xc3\xa9");

    for (const char* plain : {"hello", "[1]", "{", "", "{\"from\":\"ada\"}", "42"}) {
        CAPTURE(plain);
        CHECK(read_chat_line(plain).from == "guest");
        CHECK(read_chat_line(plain).text == plain);
    }
}

TEST_CASE("a name that is missing, empty, long or no string is a guest's")
{
    const std::string long_name(65, 'x');
    const std::vector<std::string> lines = {
        R"({"text":"hi"})",
        R"({"from":"","text":"hi"})",
        R"({"from":7,"text":"hi"})",
        R"({"from":")" + long_name + R"(","text":"hi"})",
    };
    for (const std::string& line : lines) {
        CAPTURE(line);
        CHECK(read_chat_line(line).from == "guest");
        CHECK(read_chat_line(line).text == "hi");
    }
}

TEST_CASE("nesting that would exhaust a parser's stack stays a guest's text")
{
    const std::string deep(60'000, '[');
    CHECK(read_chat_line(deep).text == deep);
}
