#include "metrics/sample_text.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <string>

namespace fairlead::metrics {
namespace {

std::string number(double value)
{
    std::string out;
    append_number(out, value);
    return out;
}

std::string bound(double value)
{
    std::string out;
    append_bound(out, value);
    return out;
}

} // namespace

TEST_CASE("whole numbers are written without a point or an exponent, as far as a double counts by ones")
{
    CHECK(number(0) == "0");
    CHECK(number(-3) == "-3");
    CHECK(number(1'700'000'000) == "1700000000");
    CHECK(number(9'007'199'254'740'991) == "9007199254740991");
}

TEST_CASE("other numbers can be read back as they were")
{
    for (const double each : {0.25, 1e-7, 1.0 / 3, -2.5, 1e300, 1.5e19, 5e-324}) {
        CAPTURE(each);
        CHECK(std::strtod(number(each).c_str(), nullptr) == each);
    }
    CHECK(number(std::numeric_limits<double>::infinity()) == "+Inf");
    CHECK(number(-std::numeric_limits<double>::infinity()) == "-Inf");
    CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "NaN");
}

TEST_CASE("bounds of buckets are floats without an exponent (OpenMetrics 1.0.0, canonical numbers)")
{
    CHECK(bound(1) == "1.0");
    CHECK(bound(604'800) == "604800.0");
    CHECK(bound(0.0025) == "0.0025");
    CHECK(bound(0.00025) == "0.00025");
    CHECK(bound(std::numeric_limits<double>::infinity()) == "+Inf");
}

TEST_CASE("what would end a label value or a line is escaped")
{
    std::string value;
    append_label_value(value, "a\"b\\c\nd");
    CHECK(value == R"(a\"b\\c\nd)");
    std::string help;
    append_help(help, "say \"x\" \\\n", false);
    CHECK(help == R"(say "x" \\\n)");
    help.clear();
    append_help(help, "say \"x\"", true);
    CHECK(help == R"(say \"x\")");
}

} // namespace fairlead::metrics
