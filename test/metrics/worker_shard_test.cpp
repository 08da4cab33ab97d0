#include "metrics/worker_shard.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace fairlead::metrics {

TEST_CASE("the same labels give the same cells, others give others")
{
    worker_shard shard;
    tunnel_cells& first = shard.tunnel("chat", "pool", "b1");
    CHECK(&shard.tunnel("chat", "pool", "b1") == &first);
    CHECK(&shard.tunnel("chat", "pool", "b2") != &first);
    CHECK(&shard.tunnel("chat", "other", "b1") != &first);
    CHECK(&shard.http("chat", "pool") == &shard.http("chat", "pool"));
    CHECK(&shard.http("chat", "pool") != &shard.http("pool", "chat"));
    CHECK(&shard.backend("pool", "b1") == &shard.backend("pool", "b1"));
    CHECK(&shard.backend("pool", "b1") != &shard.backend("pool", "b2"));
}

TEST_CASE("labels that only run together alike are different")
{
    worker_shard shard;
    CHECK(&shard.http("ab", "c") != &shard.http("a", "bc"));
    CHECK(&shard.tunnel("", "a", "b") != &shard.tunnel("a", "", "b"));
}

TEST_CASE("the labels are copied: the caller's text may go")
{
    worker_shard shard;
    std::string name = "a route name too long for a small string";
    http_cells& cells = shard.http(name, "pool");
    name.assign(name.size(), 'x');
    CHECK(&shard.http("a route name too long for a small string", "pool") == &cells);
}

TEST_CASE("a cell keeps its address and value while thousands are made beside it")
{
    worker_shard shard;
    tunnel_cells& kept = shard.tunnel("r500", "pool", "b");
    kept.opened.add(7);
    for (int i = 0; i < 2'000; ++i)
        shard.tunnel("r" + std::to_string(i), "pool", "b");
    CHECK(&shard.tunnel("r500", "pool", "b") == &kept);
    CHECK(kept.opened.value() == 7);

    std::vector<worker_shard::tunnel_list::entry> all;
    shard.tunnels().append_to(all);
    CHECK(all.size() == 2'000);
}

TEST_CASE("cells start on a cache line of their own")
{
    worker_shard shard;
    const auto address = [](const auto& cells) { return reinterpret_cast<std::uintptr_t>(&cells); };
    CHECK(address(shard.own()) % 64 == 0);
    CHECK(address(shard.tunnel("r", "p", "b")) % 64 == 0);
    CHECK(address(shard.http("r", "p")) % 64 == 0);
    CHECK(address(shard.backend("p", "b")) % 64 == 0);
    CHECK(sizeof(worker_cells) % 64 == 0);
    CHECK(sizeof(tunnel_cells) % 64 == 0);
}

} // namespace fairlead::metrics
