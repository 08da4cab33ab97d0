#include "conf/values.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

TEST_CASE("a duration is one or more numbers with units, from the largest to the smallest")
{
    CHECK(parse_duration("0") == 0ms);
    CHECK(parse_duration("0s") == 0ms);
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("30s") == 30s);
    CHECK(parse_duration("5m") == 5min);
    CHECK(parse_duration("1h") == 1h);
    CHECK(parse_duration("2d") == 48h);
    CHECK(parse_duration("1h30m") == 90min);
    CHECK(parse_duration("1d2h3m4s5ms") == 24h + 2h + 3min + 4s + 5ms);
    CHECK(parse_duration("90m") == 90min);
}

TEST_CASE("a duration without a unit, with a sign, a space, a fraction or units out of order is none")
{
    for (const auto* text : {"", "30", "s", "-1s", "+1s", "1 s", " 1s", "1s ", "1.5s", "1m1h", "1s1s", "1x",
                             "1S", "1sec", "0x1s", "1h30", "00", "\xC2\xB5s"})
    {
        CAPTURE(text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("a duration ends at 10,000 days, and no number overflows")
{
    CHECK(parse_duration("10000d") == 240'000h);
    CHECK_FALSE(parse_duration("10001d").has_value());
    CHECK_FALSE(parse_duration("10000d1ms").has_value());
    CHECK_FALSE(parse_duration("18446744073709551615d").has_value());
    CHECK_FALSE(parse_duration("99999999999999999999999s").has_value());
}

TEST_CASE("a size is a number of bytes, or a number with a unit of 1,000 or 1,024")
{
    CHECK(parse_byte_count("0") == 0);
    CHECK(parse_byte_count("512") == 512);
    CHECK(parse_byte_count("512B") == 512);
    CHECK(parse_byte_count("16KiB") == 16'384);
    CHECK(parse_byte_count("1MiB") == 1'048'576);
    CHECK(parse_byte_count("1GiB") == 1'073'741'824);
    CHECK(parse_byte_count("10kB") == 10'000);
    CHECK(parse_byte_count("5MB") == 5'000'000);
    CHECK(parse_byte_count("2GB") == 2'000'000'000);
}

TEST_CASE("a size with another unit, a sign, a space or a fraction is none, nor is one past 2^63")
{
    for (const auto* text :
         {"", "KiB", "1K", "1k", "1KB", "1kib", "-1", "+1", "1 KiB", " 1", "1.5MiB", "1MiB1KiB", "0x10",
          "9223372036854775808", "8589934592GiB", "99999999999999999999"})
    {
        CAPTURE(text);
        CHECK_FALSE(parse_byte_count(text).has_value());
    }
    CHECK(parse_byte_count("9223372036854775807") == 9'223'372'036'854'775'807u);
}

TEST_CASE("durations and sizes are written as people write them, and read back")
{
    CHECK(format_duration(0ms) == "0");
    CHECK(format_duration(1500ms) == "1s500ms");
    CHECK(format_duration(90min) == "1h30m");
    CHECK(format_duration(24h) == "24h");
    CHECK(format_duration(49h) == "2d1h");
    CHECK(format_byte_count(0) == "0");
    CHECK(format_byte_count(1'000) == "1000");
    CHECK(format_byte_count(65'536) == "64KiB");
    CHECK(format_byte_count(3 << 20) == "3MiB");
    for (const auto value : {1ms, 999ms, 61'001ms, 86'400'000ms, 172'800'001ms}) {
        CHECK(parse_duration(format_duration(value)) == value);
    }
    for (const byte_count value : {1u, 1'023u, 1'024u, 1'025u, 1'048'576u}) {
        CHECK(parse_byte_count(format_byte_count(value)) == value);
    }
}

TEST_CASE("a rate is units in a second or a minute")
{
    CHECK(parse_rate("50/s") == 50.0);
    CHECK(parse_rate("90/min") == 1.5);
    CHECK(parse_rate("1MiB/s") == 1'048'576.0);
    CHECK(parse_rate("1000000000/s") == 1e9);
    for (const auto* text :
         {"", "50", "/s", "0/s", "50/h", "50 /s", "-1/s", "1.5/s", "1000000001/s", "50/s "})
        CHECK_FALSE(parse_rate(text));
}

} // namespace fairlead::conf
