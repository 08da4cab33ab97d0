#include "proxy/plan/shared_tuples.hpp"

#include "test/proxy/plan/planning.hpp"

using namespace fairlead;
using plan::test::planning;
using plan::test::pool;
using plan::test::route;

namespace {

const std::string backend = "\"10.0.0.1:80\"";

std::string keys(const std::string& source, const std::string& ports)
{
    return "source = " + source + "\nports = \"" + ports + "\"";
}

} // namespace

TEST_CASE("pools that dial the same backend from the same sources hold together what one holds")
{
    planning at;
    const auto made =
        at.make(pool("a", backend, keys("\"10.0.1.1\"", "2000-2999")) +
                pool("b", backend, keys("\"10.0.1.1\"", "2000-2999")) + route("a") + route("b"));
    REQUIRE(made.shared.size() == 1);
    CHECK(made.shared[0].pools == std::vector<std::size_t>{0, 1});
    CHECK(made.shared[0].connections == 1'000);
    CHECK(made.connections == 1'000);
}

TEST_CASE("what pools share in part is counted once")
{
    planning at;
    // Of the four addresses one has the ports of both.
    const auto made =
        at.make(pool("a", backend, keys("\"10.0.1.0/30\"", "2000-2999")) +
                pool("b", backend, keys("\"10.0.1.1\"", "2500-3499")) + route("a") + route("b"));
    REQUIRE(made.shared.size() == 1);
    CHECK(made.shared[0].connections == 3 * 1'000 + 1'500);
}

TEST_CASE("nested blocks are counted with the ports of every block around them")
{
    planning at;
    const auto made =
        at.make(pool("a", backend, keys("\"10.0.1.0/28\"", "2000-2099")) +
                pool("b", backend, keys("\"10.0.1.0/30\"", "2050-2149")) +
                pool("c", backend, keys("\"10.0.1.0\"", "2099-2249")) + route("a") + route("b") + route("c"));
    REQUIRE(made.shared.size() == 1);
    CHECK(made.shared[0].connections == 12 * 100 + 3 * 150 + 250);
}

TEST_CASE("other sources, ports or destinations are not shared")
{
    planning at;
    CHECK(at.make(pool("a", backend, keys("\"10.0.1.1\"", "2000-2999")) +
                  pool("b", backend, keys("\"10.0.1.2\"", "2000-2999")) +
                  pool("c", backend, keys("\"10.0.1.1\"", "3000-3999")) +
                  pool("d", "\"10.0.0.1:81\"", keys("\"10.0.1.1\"", "2000-2999")) + route("a") + route("b") +
                  route("c") + route("d"))
              .shared.empty());
}

TEST_CASE("the kernel's own choice is shared by the pools that leave it to the kernel")
{
    planning at;
    const auto made =
        at.make(pool("a", backend) + pool("b", backend) +
                pool("c", backend, keys("\"10.0.1.1\"", "2000-2999")) + route("a") + route("b"));
    REQUIRE(made.shared.size() == 1);
    CHECK(made.shared[0].pools.size() == 2);
    CHECK(made.shared[0].connections == 28'232);
}

TEST_CASE("shares of pools that do not fit together are a problem, though each alone fits")
{
    planning at;
    at.wanted.by_pool = {{"a", 600}, {"b", 600}};
    const auto made =
        at.make(pool("a", backend, keys("\"10.0.1.1\"", "2000-2999")) +
                pool("b", backend, keys("\"10.0.1.1\"", "2000-2999")) + route("a") + route("b"));
    CHECK_FALSE(made.fits());
    CHECK(plan::test::says(made,
                           "pools a, b share source tuples and hold together 1,000 connections, 1,200 are"));
    at.wanted.by_pool = {{"a", 600}, {"b", 400}};
    CHECK(at.make(pool("a", backend, keys("\"10.0.1.1\"", "2000-2999")) +
                  pool("b", backend, keys("\"10.0.1.1\"", "2000-2999")) + route("a") + route("b"))
              .fits());
}
