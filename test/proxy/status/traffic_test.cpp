#include "proxy/status/traffic.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace fairlead;
using namespace fairlead::status;
using namespace std::chrono_literals;
using metrics::direction;
using metrics::end_cause;
using metrics::frame_kind;
using metrics::party;

namespace {

void open(metrics::tunnel_cells& cells, std::uint64_t count)
{
    cells.opened.add(count);
    for (std::uint64_t i = 0; i < count; ++i)
        cells.handshake.observe(3ms);
}

} // namespace

TEST_CASE("tunnels are added up by route, pool and backend, over all workers")
{
    metrics::worker_shard one, two;
    open(one.tunnel("chat", "app", "a:1"), 3);
    open(two.tunnel("chat", "app", "b:1"), 2);
    open(two.tunnel("news", "app", "b:1"), 1);
    one.tunnel("chat", "app", "a:1").closed[party::client][end_cause::close_frame].add();
    two.tunnel("chat", "app", "b:1").messages[direction::to_client][frame_kind::text].add(7);
    two.tunnel("chat", "app", "b:1").messages[direction::to_client][frame_kind::binary].add(1);
    const std::array<const metrics::worker_shard*, 2> shards{&one, &two};
    const traffic_census census(shards);
    CHECK(census.all.tunnels.opened == 6);
    CHECK(census.all.tunnels.active() == 5);
    CHECK(census.routes.at("chat").tunnels.active() == 4);
    CHECK(census.routes.at("news").tunnels.active() == 1);
    CHECK(census.pools.at("app").tunnels.opened == 6);
    CHECK(census.pools.at("app").tunnels.messages[direction::to_client] == 8);
    CHECK(census.backends.at({"app", "b:1"}).tunnels.opened == 3);
    CHECK(census.all.tunnels.handshake.buckets[2] == 6); // above 2.5 ms, up to 5
    CHECK(census.all.tunnels.handshake.sum_us == 18'000);
}

TEST_CASE("requests count by route and pool, dials by backend, refusals in all")
{
    metrics::worker_shard one, two;
    one.http("api", "app").requests[metrics::status_class::success].add(4);
    two.http("api", "app").requests[metrics::status_class::server_error].add(1);
    two.http("api", "app").bytes[direction::to_client].add(100);
    one.backend("app", "a:1").dials.add(3);
    two.backend("app", "a:1").dial_failures[metrics::dial_failure::refused].add(2);
    two.backend("app", "a:1").reused.add(9);
    two.own().refusals[metrics::refusal::no_route].add(5);
    const std::array<const metrics::worker_shard*, 2> shards{&one, &two};
    const traffic_census census(shards);
    CHECK(census.routes.at("api").requests.requests[metrics::status_class::success] == 4);
    CHECK(census.pools.at("app").requests.requests[metrics::status_class::server_error] == 1);
    CHECK(census.all.requests.bytes[direction::to_client] == 100);
    const dial_total& dials = census.backends.at({"app", "a:1"}).dials;
    CHECK(dials.dials == 3);
    CHECK(dials.reused == 9);
    CHECK(dials.failures[metrics::dial_failure::refused] == 2);
    CHECK(census.refusals[metrics::refusal::no_route] == 5);
}

TEST_CASE("a tunnel that was counted as closed before it was seen open is not one too few")
{
    tunnel_total seen;
    seen.closed[party::backend][end_cause::eof] = 1;
    CHECK(seen.active() == 0);
}
