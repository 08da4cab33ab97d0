#include "proxy/discovery/service_members.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace fairlead::discovery {

namespace {

std::string brief(const std::vector<service_record>& services)
{
    std::string out;
    for (const auto& each : services)
        out += each.target + "/" + std::to_string(each.priority) + "/" + std::to_string(each.weight) + " ";
    return out;
}

} // namespace

TEST_SUITE("service_members")
{
    TEST_CASE("priorities become those of a pool, in their order")
    {
        std::vector<service_record> services{
            {"b", 1, 20, 7}, {"a", 1, 10, 3}, {"d", 1, 65'535, 1}, {"c", 1, 10, 4}};
        rank_services(services);
        CHECK(brief(services) == "a/0/3 c/0/4 b/1/7 d/2/1 ");
    }

    TEST_CASE("a weight of 0 beside others is a very small share, and alone no share is another's (RFC 2782)")
    {
        std::vector<service_record> mixed{{"a", 1, 1, 0}, {"b", 1, 1, 1}, {"c", 1, 1, 4}};
        rank_services(mixed);
        CHECK(brief(mixed) == "a/0/1 b/0/250 c/0/1000 ");
        std::vector<service_record> none{{"a", 1, 1, 0}, {"b", 1, 1, 0}};
        rank_services(none);
        CHECK(brief(none) == "a/0/1 b/0/1 ");
    }

    TEST_CASE("weights of one priority say nothing of another's")
    {
        std::vector<service_record> services{{"a", 1, 1, 5}, {"b", 1, 2, 0}, {"c", 1, 2, 2'000}};
        rank_services(services);
        CHECK(brief(services) == "a/0/5 b/1/1 c/1/1000 ");
    }

    TEST_CASE("weights beyond a thousand are brought down in proportion")
    {
        std::vector<service_record> services{{"a", 1, 1, 65'535}, {"b", 1, 1, 32'768}, {"c", 1, 1, 1}};
        rank_services(services);
        CHECK(services[0].weight == 1'000);
        CHECK(services[1].weight == 500);
        CHECK(services[2].weight == 1);
    }

    TEST_CASE("no services stay none")
    {
        std::vector<service_record> none;
        rank_services(none);
        CHECK(none.empty());
    }
}

} // namespace fairlead::discovery
