#include "proxy/discovery/membership.hpp"

#include "conf/config_diff.hpp"

#include <doctest/doctest.h>

namespace fairlead::discovery {

namespace {

conf::config config_with(std::initializer_list<const char*> written, bool discovers = true)
{
    conf::config out;
    conf::pool_options pool;
    pool.name = "p";
    for (const auto* text : written) {
        conf::backend_options backend;
        backend.address = *conf::parse_endpoint(text);
        pool.backends.push_back(backend);
    }
    if (discovers) pool.discover.emplace();
    out.pools.push_back(pool);
    return out;
}

member_list members(std::initializer_list<const char*> texts)
{
    member_list out;
    for (const auto* text : texts)
        out.push_back({*conf::parse_endpoint(text), 3, 0});
    return out;
}

std::string brief(const conf::config& of)
{
    std::string out;
    for (const auto& each : of.pools[0].backends)
        out += each.address.text + "/" + std::string(conf::word_of(each.origin)) + " ";
    return out;
}

named_members always(const member_list* list)
{
    return [list](const conf::pool_options&) { return list; };
}

} // namespace

TEST_SUITE("membership")
{
    TEST_CASE("members come behind what is written down, which stays as it is written")
    {
        auto config = config_with({"b:1", "a:1"});
        const auto found = members({"a:1", "c:1"});
        fill_members(config, always(&found), nullptr);
        CHECK(brief(config) == "b:1/configured a:1/configured c:1/file ");
        CHECK(config.pools[0].backends[1].weight == 1);
        CHECK(config.pools[0].backends[2].weight == 3);
    }

    TEST_CASE("another list replaces the members and nothing else")
    {
        auto config = config_with({"a:1"});
        const auto first = members({"b:1", "c:1"});
        const auto second = members({"c:1", "d:1"});
        fill_members(config, always(&first), nullptr);
        auto next = config;
        fill_members(next, always(&second), &config);
        CHECK(brief(next) == "a:1/configured c:1/file d:1/file ");
        const auto diff = conf::compare(config, next);
        CHECK(diff.backends.size() == 2);
        CHECK(diff.pools.empty());
    }

    TEST_CASE("until its first answer a pool keeps what it has in force, written down or not")
    {
        const auto before = config_with({"a:1", "b:1"}, false);
        auto next = config_with({"b:1"});
        fill_members(next, always(nullptr), &before);
        CHECK(brief(next) == "b:1/configured a:1/file ");
        auto later = next;
        fill_members(later, always(nullptr), &next);
        CHECK(brief(later) == brief(next));
        const auto found = members({});
        fill_members(later, always(&found), &next);
        CHECK(brief(later) == "b:1/configured ");
    }

    TEST_CASE("members have the priority that their source gave them, and keep it until it gives another")
    {
        auto config = config_with({"a:1"});
        const member_list found{{*conf::parse_endpoint("b:1"), 1, 2}};
        fill_members(config, always(&found), nullptr);
        CHECK(config.pools[0].backends[1].priority == 2);
        auto later = config_with({"a:1"});
        fill_members(later, always(nullptr), &config);
        CHECK(later.pools[0].backends[1].priority == 2);
    }

    TEST_CASE("a pool that discovers nothing is left alone")
    {
        auto config = config_with({"a:1"}, false);
        const auto found = members({"c:1"});
        fill_members(config, always(&found), nullptr);
        CHECK(brief(config) == "a:1/configured ");
    }
}

} // namespace fairlead::discovery
