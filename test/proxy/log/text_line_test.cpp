#include "proxy/log/text_line.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::log;

TEST_CASE("a line of text has its values in order, and time and event without their names")
{
    std::string out;
    text_line(out).text("time", "12:00").text("event", "exchange").number("n", 7).seconds("s", 1'000'001);
    text_line(out).flag("f", true).text_if("e", "").text("e", "");
    CHECK(out == "12:00 exchange n=7 s=1.000001\nf=true e=\"\"\n");
}

TEST_CASE("no input can end a line of text or forge a value")
{
    std::string out;
    text_line(out).text("a", "x b=1").text("c", "\"\\").text("d", "1\n2\r\x1b[31m\x7f\xff").text("e", "f=g");
    CHECK(out == "a=\"x b=1\" c=\"\\\"\\\\\" d=\"1\\x0a2\\x0d\\x1b[31m\\x7f\\xff\" e=\"f=g\"\n");
}

TEST_CASE("every byte becomes printable ASCII")
{
    for (int byte = 0; byte < 256; ++byte) {
        std::string out;
        text_line(out).text("a", std::string(1, static_cast<char>(byte)));
        CAPTURE(byte);
        REQUIRE(out.back() == '\n');
        out.pop_back();
        for (const char c : out)
            REQUIRE((c >= 0x20 && c < 0x7f));
    }
}
