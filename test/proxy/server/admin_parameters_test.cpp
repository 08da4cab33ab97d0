#include "proxy/server/admin_parameters.hpp"

#include <doctest/doctest.h>

using fairlead::server::admin_parameters;

TEST_CASE("values come out decoded, and what is missing has none")
{
    admin_parameters given("a=x%20y&on=1", {"a", "on", "off"});
    CHECK(given.text("a") == "x y");
    CHECK(given.flag("on"));
    CHECK_FALSE(given.flag("off"));
    CHECK_FALSE(given.text("off").has_value());
    CHECK(given.problem().empty());
}

TEST_CASE("numbers have bounds")
{
    admin_parameters given("a=5&b=x&c=11&d=-1&e=", {"a", "b", "c", "d", "e", "f"});
    CHECK(given.number("a", 5, 10) == 5);
    CHECK_FALSE(given.number("f", 5, 10).has_value());
    CHECK(given.problem().empty());
    for (const char* each : {"b", "c", "d", "e"}) {
        CAPTURE(each);
        admin_parameters again("a=5&b=x&c=11&d=-1&e=", {"a", "b", "c", "d", "e", "f"});
        CHECK_FALSE(again.number(each, 5, 10).has_value());
        CHECK(again.problem() == std::string(each) + " is a number from 5 to 10");
    }
}

TEST_CASE("the first thing that is wrong is told")
{
    CHECK(admin_parameters("b=1", {"a"}).problem() == "there is no parameter 'b' here");
    admin_parameters twice("a=1&a=2", {"a"});
    CHECK(twice.text("a") == "1");
    CHECK(twice.problem() == "a is there twice");
    twice.fail("something else");
    CHECK(twice.problem() == "a is there twice");
    admin_parameters flag("a=yes", {"a"});
    CHECK_FALSE(flag.flag("a"));
    CHECK(flag.problem() == "a is 1 or 0");
}
