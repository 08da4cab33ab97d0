#include "proxy/server/tunnel_census.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace fairlead;
using server::split;

namespace {

using parts = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("a census counts what stays, by worker")
{
    metrics::worker_shard one, two;
    one.tunnel("chat", "pool", "a").staying.add(3);
    one.tunnel("chat", "pool", "b").staying.add(1);
    two.tunnel("chat", "pool", "a").staying.add(4);
    two.tunnel("gone", "pool", "a").staying.add(0);
    const std::array<const metrics::worker_shard*, 2> shards{&one, &two};
    const server::tunnel_census census(shards);
    CHECK(census.all().size() == 3);
    CHECK(census.count([](const auto& each) { return each.backend == "a"; }) == 7);
    CHECK(census.count([](const auto& each) { return each.worker == 1; }) == 4);
    CHECK(census.count([](const auto& each) { return each.route == "other"; }) == 0);
}

TEST_CASE("a number is split as the weights are, whole, and never above one of them")
{
    const auto of = [](std::uint64_t total, const parts& weights) { return split(total, weights); };
    CHECK(of(10, {30, 10}) == parts{8, 2});
    CHECK(of(3, {1, 1, 1}) == parts{1, 1, 1});
    CHECK(of(2, {1, 1, 1}) == parts{1, 1, 0});
    CHECK(of(1, {1, 999}) == parts{0, 1});
    CHECK(of(100, {3, 0, 4}) == parts{3, 0, 4}); // there are no more
    CHECK(of(5, {0, 0}) == parts{0, 0});
    CHECK(of(5, {}).empty());
}
