#include "metrics/collector.hpp"

#include "test/metrics/exposition_samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace fairlead::metrics {
namespace {

// Every cell that a configuration of `routes` routes, each with its pool of two backends, can bring about.
void fill(worker_shard& shard, int routes)
{
    for (int i = 0; i < routes; ++i) {
        const std::string route = "tenant-" + std::to_string(i) + ".example.com/chat/";
        const std::string pool = "tenant-pool-" + std::to_string(i);
        shard.http(route, pool).requests[status_class::success].add(3);
        for (const char* backend : {"10.0.0.11:9000", "10.0.0.12:9000"}) {
            tunnel_cells& tunnel = shard.tunnel(route, pool, backend);
            tunnel.opened.add(2);
            tunnel.closed[party::client][end_cause::close_frame].add();
            tunnel.lifetime.observe(std::chrono::seconds{90});
            tunnel.close_codes[party::client][close_code_slot::going_away].add();
            shard.backend(pool, backend).dials.add(2);
        }
    }
}

} // namespace

TEST_CASE("a scrape of 1,000 routes with 2 backends each on 4 workers is whole")
{
    std::vector<std::unique_ptr<worker_shard>> shards;
    scrape parts;
    for (int i = 0; i < 4; ++i) {
        fill(*shards.emplace_back(std::make_unique<worker_shard>()), 1'000);
        parts.shards.push_back(shards.back().get());
    }

    const auto begin = std::chrono::steady_clock::now();
    exposition out{exposition_format::text};
    collect(parts, out);
    const std::string text = out.take();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    MESSAGE("a scrape of " << text.size() << " bytes took " << took.count() << " ms");

    std::map<std::string, std::size_t> lines;
    std::istringstream rest{text};
    for (std::string line; std::getline(rest, line);) {
        const std::string name = line.substr(0, line.find('{'));
        ++lines[name];
        if (name == "fairlead_websocket_tunnels_active") CHECK(line.ends_with("} 4"));
        if (name == "fairlead_websocket_lifetime_seconds_sum") CHECK(line.ends_with("} 360"));
    }
    CHECK(lines["fairlead_websocket_tunnels_active"] == 2'000);
    CHECK(lines["fairlead_websocket_lifetime_seconds_sum"] == 2'000);
    CHECK(lines["fairlead_http_requests_total"] == 5'000);
    CHECK(lines["fairlead_websocket_close_codes_total"] == 2'000);
}

TEST_CASE("series grow with routes, backends and workers, not with traffic")
{
    const auto series = [](int workers, int routes, int rounds) {
        registry all;
        for (int i = 0; i < workers; ++i) {
            worker_shard& shard = all.add_worker();
            for (int round = 0; round < rounds; ++round)
                fill(shard, routes);
        }
        return exposition_samples{all.expose()}.values.size();
    };
    const std::size_t none = series(1, 0, 1);
    const std::size_t one = series(1, 1, 1);
    const std::size_t worker = series(2, 0, 1) - none; // the lag of its loop
    CHECK(worker == 13);
    CHECK(series(8, 1, 1) == one + 7 * worker);
    CHECK(series(1, 1, 50) == one);
    CHECK(series(2, 7, 1) - none == 7 * (one - none) + worker);
    CHECK(one - none < 250); // one route with two backends, histogram buckets included
}

TEST_CASE("cells stay where they are and lose nothing while others scrape")
{
    registry all;
    constexpr int workers = 3;
    constexpr int rounds = 400;
    std::atomic<int> running{workers};
    std::vector<std::thread> threads;
    for (int w = 0; w < workers; ++w) {
        threads.emplace_back([&running, &shard = all.add_worker()] {
            tunnel_cells& kept = shard.tunnel("kept", "p", "b");
            for (int i = 0; i < rounds; ++i) {
                kept.opened.add();
                kept.closed[party::client][end_cause::close_frame].add();
                kept.lifetime.observe(std::chrono::seconds{i});
                shard.tunnel("r" + std::to_string(i % 100), "p", "b").opened.add();
                shard.http("r" + std::to_string(i % 50), "p").bytes[direction::to_client].add(2);
                shard.own().connections_accepted.add();
            }
            --running;
        });
    }

    double seen = -1; // the lookup's answer until the first worker has made its cells
    const std::string opened =
        R"(fairlead_websocket_tunnels_opened_total{route="kept",pool="p",backend="b"})";
    do {
        const exposition_samples text{all.expose()};
        CHECK(text.duplicates == 0);
        CHECK(text[opened] >= seen); // a counter never goes back
        seen = std::max(seen, text[opened]);
    } while (running > 0);
    for (std::thread& each : threads)
        each.join();

    const exposition_samples text{all.expose()};
    CHECK(text[opened] == workers * rounds);
    CHECK(text[R"(fairlead_websocket_tunnels_active{route="kept",pool="p",backend="b"})"] == 0);
    CHECK(text[R"(fairlead_websocket_lifetime_seconds_count{route="kept",pool="p",backend="b"})"] ==
          workers * rounds);
    CHECK(text[R"(fairlead_websocket_tunnels_opened_total{route="r99",pool="p",backend="b"})"] ==
          workers * rounds / 100);
    CHECK(text[R"(fairlead_http_body_bytes_total{route="r49",pool="p",direction="to_client"})"] ==
          2.0 * workers * rounds / 50);
    CHECK(text["fairlead_connections_accepted_total"] == workers * rounds);
}

} // namespace fairlead::metrics
