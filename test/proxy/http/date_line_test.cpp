#include "proxy/http/date_line.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using fairlead::http::date_line;
using namespace std::chrono_literals;

namespace {

std::string said_at(std::int64_t second)
{
    date_line line;
    return std::string(line.at(std::chrono::system_clock::time_point(std::chrono::seconds(second))));
}

} // namespace

TEST_CASE("a Date is an IMF-fixdate in GMT (RFC 9110 5.6.7)")
{
    CHECK(said_at(784'111'777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    CHECK(said_at(0) == "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n");
    CHECK(said_at(951'782'400) == "Date: Tue, 29 Feb 2000 00:00:00 GMT\r\n");
    CHECK(said_at(1'798'761'599) == "Date: Thu, 31 Dec 2026 23:59:59 GMT\r\n");
    CHECK(said_at(4'107'542'400) == "Date: Mon, 01 Mar 2100 00:00:00 GMT\r\n");
}

TEST_CASE("a clock that was never set has no Date") { CHECK(said_at(-1).empty()); }

TEST_CASE("the same line follows the clock, forwards and back")
{
    date_line line;
    const std::chrono::system_clock::time_point begin{784'111'777s};
    CHECK(line.at(begin).find("08:49:37") != std::string::npos);
    CHECK(line.at(begin + 999ms).find("08:49:37") != std::string::npos);
    CHECK(line.at(begin + 1s).find("08:49:38") != std::string::npos);
    CHECK(line.at(begin - 1s).find("08:49:36") != std::string::npos);
}
