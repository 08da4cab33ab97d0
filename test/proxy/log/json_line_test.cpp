#include "proxy/log/json_line.hpp"

#include <doctest/doctest.h>

#include <string>

using fairlead::log::json_line;

TEST_CASE("a line is one JSON object with its members in order")
{
    std::string out;
    json_line(out).text("a", "x").number("n", 7).seconds("s", 1'234'567).flag("f", true).text_if("e", "");
    CHECK(out == "{\"a\":\"x\",\"n\":7,\"s\":1.234567,\"f\":true}\n");
}

TEST_CASE("no input can end the line or forge another member")
{
    std::string out;
    json_line(out).text("a", "\"},{\"b\":1}\n\\\x7f\xff");
    CHECK(out == "{\"a\":\"\\\"},{\\\"b\\\":1}\\u000a\\\\\\u007f\\u00ff\"}\n");
}
