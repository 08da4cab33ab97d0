#include "proxy/plan/missing_sources.hpp"

#include "test/proxy/plan/planning.hpp"

using namespace fairlead;
using plan::find_missing;
using plan::test::planning;
using plan::test::pool;
using plan::test::route;
using plan::test::says;

namespace {

std::vector<conf::cidr> blocks(std::initializer_list<const char*> texts)
{
    std::vector<conf::cidr> out;
    for (const auto* text : texts)
        out.push_back(conf::parse_cidr(text).value());
    return out;
}

std::string missing(const char* block, std::initializer_list<const char*> local)
{
    const auto found = find_missing(conf::parse_cidr(block).value(), blocks(local));
    return std::to_string(found.count) + (found.count == 0 ? "" : " " + conf::to_string(found.first));
}

} // namespace

TEST_CASE("an address is local by an interface's route or by one of a whole prefix")
{
    CHECK(missing("10.0.1.5", {"10.0.1.5", "127.0.0.0/8"}) == "0");
    CHECK(missing("10.0.1.5", {"10.0.1.0/24"}) == "0");
    CHECK(missing("10.0.1.0/28", {"10.0.1.0/28"}) == "0");
    CHECK(missing("10.0.1.0/30", {"10.0.1.0/31", "10.0.1.2/31"}) == "0");
    CHECK(missing("10.0.1.0/30", {"10.0.1.0", "10.0.1.1"}) == "2 10.0.1.2");
    CHECK(missing("10.0.1.5", {"10.0.1.4"}) == "1 10.0.1.5");
    CHECK(missing("fd00::/120", {"fd00::/64"}) == "0");
    CHECK(missing("fd00::/120", {"10.0.0.0/8"}) == "256 fd00::");
    CHECK(missing("10.0.0.254/31", {"10.0.0.254"}) == "1 10.0.0.255");
}

TEST_CASE("a plan names the source that is not local and the commands that make it so")
{
    planning at;
    at.machine.local_prefixes = blocks({"127.0.0.0/8"});
    auto made = at.make(pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.5\"") + route("a"));
    CHECK(says(made, "10.0.1.5 is on no interface and in no local route (pool a)"));
    CHECK(says(made, "ip addr add 10.0.1.5/32 dev INTERFACE"));
    CHECK(says(made, "ip route add local 10.0.1.5 dev lo"));
    made = at.make(pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.0/28\"") +
                   pool("b", "\"10.0.0.2:80\"", "source = \"10.0.1.0/28\"") + route("a") + route("b"));
    REQUIRE(made.problems.size() == 1);
    CHECK(says(made,
               "16 of the 16 addresses of 10.0.1.0/28 are on no interface and in no local route, such as "
               "10.0.1.0 (pool a, b)"));
    made = at.make(pool("a", "\"[fd00::1]:80\"", "source = \"fd01::/124\"") + route("a"));
    CHECK(says(made, "ip -6 route add local fd01::/124 dev lo"));
}

TEST_CASE("where the kernel does not say what is local, nothing is said")
{
    planning at;
    CHECK(at.make(pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.5\"") + route("a")).problems.empty());
}
