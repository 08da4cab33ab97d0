#include "proxy/demo/request_report.hpp"

#include <doctest/doctest.h>

using namespace fairlead::demo;

TEST_CASE("the report tells the request as it arrived, repeated fields joined in order")
{
    const request_report report{"backend-1",
                                "127.0.0.1:4711",
                                "GET",
                                "/whoami?x=\"1\"",
                                {{"X-Forwarded-For", "192.0.2.7"}, {"Via", "1.0 a"}, {"Via", "1.1 b"}}};
    CHECK(to_json(report) == R"({"backend":"backend-1","peer":"127.0.0.1:4711","method":"GET",)"
                             R"("target":"/whoami?x=\"1\"",)"
                             R"("headers":{"X-Forwarded-For":"192.0.2.7","Via":"1.0 a, 1.1 b"}})"
                             "\n");
}

TEST_CASE("bytes beyond ASCII cannot make the report's JSON invalid (RFC 8259 8.1)")
{
    const request_report report{"b", "p", "GET", "/\xff", {{"X-Name", "caf\xe9"}}};
    CHECK(to_json(report).find(R"("target":"/?","headers":{"X-Name":"caf?"})") != std::string::npos);
}

TEST_CASE("an event is one data line and an empty line")
{
    CHECK(to_event("backend-2", 3, 12) ==
          "data: {\"backend\":\"backend-2\",\"people\":3,\"messages\":12}\n\n");
}
