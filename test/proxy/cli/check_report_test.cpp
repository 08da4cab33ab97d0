#include "proxy/cli/check_report.hpp"

#include <doctest/doctest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

using namespace fairlead;

namespace {

boost::json::object told(const cli::check_report& of)
{
    return boost::json::parse(cli::check_json(of)).as_object();
}

} // namespace

TEST_CASE("a sound file's JSON counts what is in it, and has its warnings")
{
    const auto json = told({"a.toml", {}, {}, {"one is bad"}, {{"routes", 3}}});
    CHECK(json.at("ok") == true);
    CHECK(json.at("file") == "a.toml");
    CHECK(json.at("routes") == 3);
    CHECK(json.at("errors").as_array().empty());
    CHECK(json.at("warnings").as_array().at(0) == "one is bad");
}

TEST_CASE("an error's JSON has its place, and what only the proxy found is one error a line")
{
    cli::check_report report{"a.toml", {}, "b.toml:7:1: no such file\nb.toml:9:1: nor this\n", {}, {}};
    report.errors.push_back({{"a.toml", 4, 2}, "route.hots", "unknown key 'hots'", "hots = 1"});
    const auto json = told(report);
    CHECK(json.at("ok") == false);
    const auto& errors = json.at("errors").as_array();
    REQUIRE(errors.size() == 3);
    CHECK(errors[0].at("line") == 4);
    CHECK(errors[0].at("column") == 2);
    CHECK(errors[0].at("key") == "route.hots");
    CHECK(errors[2].at("message") == "b.toml:9:1: nor this");
}
