#include "proxy/cli/json_members.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

using namespace fairlead;
namespace json = boost::json;

TEST_CASE("what is missing or of another kind is nothing")
{
    const json::object of =
        json::parse(R"({"t":"x","n":2.5,"m":-1,"f":true,"o":{"a":1},"l":[{"a":1},7,{"a":2}]})").as_object();
    CHECK(cli::text(of, "t") == "x");
    CHECK(cli::text(of, "n").empty());
    CHECK(cli::text(of, "gone").empty());
    CHECK(cli::number(of, "n") == 2.5);
    CHECK(cli::number(of, "t") == 0);
    CHECK(cli::count(of, "n") == 2);
    CHECK(cli::count(of, "m") == 0);
    CHECK(cli::flag(of, "f"));
    CHECK_FALSE(cli::flag(of, "n"));
    REQUIRE(cli::member(of, "o") != nullptr);
    CHECK(cli::count(*cli::member(of, "o"), "a") == 1);
    CHECK(cli::member(of, "t") == nullptr);
    CHECK(cli::member(of, "gone") == nullptr);
    std::uint64_t sum = 0;
    cli::for_each(of, "l", [&](const json::object& each) { sum += cli::count(each, "a"); });
    CHECK(sum == 3);
    cli::for_each(of, "t", [&](const json::object&) { sum = 0; });
    CHECK(sum == 3);
}
