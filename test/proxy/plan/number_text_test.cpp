#include "proxy/plan/number_text.hpp"

#include <doctest/doctest.h>

using namespace fairlead::plan;

TEST_CASE("numbers are grouped by thousands")
{
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1'000) == "1,000");
    CHECK(grouped(1'160'960) == "1,160,960");
    CHECK(grouped(18'446'744'073'709'551'615U) == "18,446,744,073,709,551,615");
}

TEST_CASE("bytes have the unit that leaves few digits")
{
    CHECK(bytes_text(542) == "542 B");
    CHECK(bytes_text(8'704) == "8.5 KiB");
    CHECK(bytes_text(512ULL << 20) == "512 MiB");
    CHECK(bytes_text(25'276'502'016) == "23.5 GiB");
}

TEST_CASE("a quotient is rounded up")
{
    CHECK(divided_up(0, 5) == 0);
    CHECK(divided_up(10, 5) == 2);
    CHECK(divided_up(11, 5) == 3);
}
