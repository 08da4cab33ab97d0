#include "proxy/plan/tuple_capacity.hpp"

#include "test/proxy/plan/planning.hpp"

using namespace fairlead;
using plan::tuple_origin;
using plan::test::planning;
using plan::test::pool;
using plan::test::route;

namespace {

std::uint64_t connections_of(planning& at, const std::string& pool_text)
{
    return at.make(pool_text + route("a")).pools.at(0).tuples.connections().value_or(0);
}

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

} // namespace

TEST_CASE("tuples are sources x destinations x ports, our own listening port left out")
{
    planning at;
    CHECK(connections_of(at, pool("a", "\"10.0.0.1:80\", \"10.0.0.2:80-82\"", "source = \"10.0.1.0/28\"")) ==
          16 * 4 * 36'279);
    CHECK(connections_of(at, pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.1\"\nports = \"2000-2999\"")) ==
          1'000);
}

TEST_CASE("a pool without sources has one address, chosen by the kernel with its own ports")
{
    planning at;
    CHECK(connections_of(at, pool("a", "\"10.0.0.1:80\", \"10.0.0.2:80\"")) == 2 * 28'232);
    CHECK(at.make(pool("a", "\"10.0.0.1:80\"") + route("a")).pools[0].tuples.origin ==
          tuple_origin::kernel_choice);
    at.host.ports.reserved = {{33'000, 33'231}};
    CHECK(connections_of(at, pool("a", "\"10.0.0.1:80\"")) == 28'000);
}

TEST_CASE("where the kernel chooses the ports of our sources, 98 % of them are used")
{
    planning at;
    CHECK(connections_of(
              at, pool("a", "\"10.0.0.1:80\"",
                       "source = \"10.0.1.0/31\"\nports = \"40000-40999\"\nport_selection = \"kernel\"")) ==
          2 * 980);
}

TEST_CASE("families multiply apart and add up")
{
    planning at;
    const auto made = at.make(pool("a", "\"10.0.0.1:80\", \"[fd00::1]:80-81\"",
                                   "source = [\"10.0.1.0/30\", \"fd01::/127\"]\nports = \"2000-2099\"") +
                              route("a"));
    const auto& tuples = made.pools[0].tuples;
    REQUIRE(tuples.families.size() == 2);
    CHECK(tuples.families[0].connections() == 4 * 1 * 100);
    CHECK(tuples.families[1].connections() == 2 * 2 * 100);
    CHECK(tuples.connections() == 800);
}

TEST_CASE("a destination counts once, and each address of a name is one")
{
    planning at;
    at.names["app"] = {ip("10.0.0.1"), ip("10.0.0.2"), ip("fd00::1")};
    const auto keys = "source = \"10.0.1.1\"\nports = \"2000-2099\"";
    CHECK(connections_of(at, pool("a", "\"app:80\"", keys)) == 200);
    CHECK(connections_of(at, pool("a", "\"app:80\", \"10.0.0.2:80\"", keys)) == 200);
    CHECK(connections_of(at, pool("a", "\"app:80-81\"", keys)) == 400);
    const auto unknown = at.make(pool("a", "\"other:80\"", keys) + route("a"));
    CHECK(unknown.pools[0].tuples.connections() == 100);
    CHECK(unknown.pools[0].tuples.unresolved == std::vector<std::string>{"other:80"});
    REQUIRE(unknown.notes.size() == 1);
    CHECK(unknown.notes[0].find("other:80 does not resolve") != std::string::npos);
}

TEST_CASE("Unix sockets need no tuple")
{
    planning at;
    const auto made = at.make(pool("a", "\"unix:/run/a\"") + route("a"));
    CHECK_FALSE(made.pools[0].tuples.connections().has_value());
    CHECK_FALSE(made.routes[0].can_hold.has_value());
}

TEST_CASE("a transparent pool has no tuples of ours, and needs rules")
{
    planning at;
    const auto made = at.make(pool("a", "\"10.0.0.1:80\"", "source = \"client\"") + route("a"));
    CHECK(made.pools[0].tuples.origin == tuple_origin::client_addresses);
    CHECK_FALSE(made.pools[0].tuples.connections().has_value());
    CHECK(made.transparent_rules.find("ip rule") != std::string::npos);
    CHECK(at.make(pool("a", "\"10.0.0.1:80\"") + route("a")).transparent_rules.empty());
}

TEST_CASE("a replica has its part of the ports")
{
    planning at;
    CHECK(
        connections_of(at, "[source]\naddresses = \"10.0.1.1\"\nports = \"2000-2999\"\nreplica = \"2/4\"\n" +
                               pool("a", "\"10.0.0.1:80\"")) == 250);
}
