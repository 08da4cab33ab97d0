#include "proxy/routing/query_parameters.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using fairlead::routing::query_parameters;

namespace {

std::vector<std::string> values(std::string_view query, std::string_view name)
{
    query_parameters parameters(query);
    std::vector<std::string> out;
    while (const auto value = parameters.next(name))
        out.emplace_back(*value);
    return out;
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("the values of one name come in order, among other parameters")
{
    CHECK(values("a=1&b=2&a=3&aa=4", "a") == list{"1", "3"});
    CHECK(values("a=1=2&a", "a") == list{"1=2", ""});
    CHECK(values("", "a") == list{});
    CHECK(values("&&=x&", "a") == list{});
    CHECK(values("&a=&", "a") == list{""});
    CHECK(values("=x", "") == list{"x"});
}

TEST_CASE("a percent sign without two hex digits stands for itself")
{
    CHECK(values("a=%", "a") == list{"%"});
    CHECK(values("a=%4", "a") == list{"%4"});
    CHECK(values("a=%zz%41%7a", "a") == list{"%zzAz"});
    CHECK(values("%=1", "%") == list{"1"});
    CHECK(values("a=%00", "a") == list{std::string(1, '\0')});
    CHECK(values("a=%2541", "a") == list{"%41"});
}
