#include "proxy/log/report_interval.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace std::chrono_literals;

TEST_CASE("the first is written, those within the interval are left out, and the next line says how many")
{
    const log::report_interval::time_point begin{};
    log::report_interval reports(10s);
    CHECK(reports.next(begin) == 0U);
    CHECK(reports.next(begin + 1s) == std::nullopt);
    CHECK(reports.next(begin + 9'999ms) == std::nullopt);
    CHECK(reports.next(begin + 10s) == 2U);
    CHECK(reports.next(begin + 19s) == std::nullopt);
    CHECK(reports.next(begin + 20s) == 1U);
    CHECK(reports.next(begin + 40s) == 0U);
}
