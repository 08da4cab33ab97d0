#include "proxy/routing/client_load.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace fairlead;
using routing::client_load;
using routing::client_use;

namespace {

conf::ip_address ip(std::string_view text) { return *conf::parse_ip_address(text); }

} // namespace

TEST_CASE("a client has its limit, and another client its own")
{
    client_load load;
    client_use one = load.admit(ip("10.0.0.1"), 2);
    const client_use two = load.admit(ip("10.0.0.1"), 2);
    CHECK(one);
    CHECK(two);
    CHECK_FALSE(load.admit(ip("10.0.0.1"), 2));
    CHECK(load.admit(ip("10.0.0.2"), 2));
    one.reset();
    CHECK(load.admit(ip("10.0.0.1"), 2));
}

TEST_CASE("an IPv6 client is its /64")
{
    client_load load;
    const client_use one = load.admit(ip("2001:db8::1"), 1);
    CHECK_FALSE(load.admit(ip("2001:db8::ffff:1"), 1));
    CHECK(load.admit(ip("2001:db8:0:1::1"), 1));
}

TEST_CASE("a client that has nothing open is forgotten")
{
    client_load load;
    {
        std::vector<client_use> uses;
        for (int i = 0; i < 1000; ++i)
            uses.push_back(load.admit(ip("10.0." + std::to_string(i / 9) + "." + std::to_string(i % 9)), 1));
        CHECK(load.clients() == 1000);
    }
    CHECK(load.clients() == 0);
}

TEST_CASE("a use that is moved is counted once")
{
    client_load load;
    client_use one = load.admit(ip("10.0.0.1"), 1);
    client_use other = std::move(one);
    one.reset();
    CHECK_FALSE(load.admit(ip("10.0.0.1"), 1));
    other = client_use();
    CHECK(load.clients() == 0);
}

TEST_CASE("over threads no more than the limit are ever there")
{
    client_load load;
    std::atomic<int> live{0};
    std::atomic<bool> was_above{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 20'000; ++i) {
                const client_use use = load.admit(ip("10.0.0.1"), 2);
                if (!use) continue;
                if (live.fetch_add(1) >= 2) was_above = true;
                live.fetch_sub(1);
            }
        });
    }
    for (auto& each : threads)
        each.join();
    CHECK_FALSE(was_above);
    CHECK(load.clients() == 0);
}
