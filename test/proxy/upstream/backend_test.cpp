#include "proxy/upstream/backend.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <thread>
#include <vector>

using namespace fairlead;
using namespace fairlead::upstream;
using namespace std::chrono_literals;

namespace {

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

conf::endpoint at(const char* text) { return conf::parse_endpoint(text).value(); }

} // namespace

TEST_CASE("a backend counts its uses, from every thread, until they end")
{
    backend one("chat", at("10.0.0.1:80"), 1);
    {
        backend_use first(one);
        backend_use moved(std::move(first));
        CHECK_FALSE(first);
        CHECK(moved.owner() == &one);
        const backend_use second(one);
        CHECK(one.live() == 2);
        moved = backend_use(one);
        CHECK(one.live() == 2);
        moved.reset();
        CHECK(one.live() == 1);
    }
    CHECK(one.live() == 0);

    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            std::vector<backend_use> mine;
            for (int n = 0; n < 10'000; ++n) {
                mine.emplace_back(one);
                if (n % 2 == 0) mine.pop_back();
            }
            mine.resize(5);
            mine.clear();
        });
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(one.live() == 0);
}

TEST_CASE("an ip resolves to itself, a name and a Unix socket to nothing yet")
{
    CHECK(backend("p", at("10.0.0.1:80"), 1).addresses() == resolved_set{ip("10.0.0.1")});
    CHECK(backend("p", at("app.internal:80"), 1).addresses().empty());
    CHECK(backend("p", at("unix:/run/app.sock"), 1).addresses().empty());
}

TEST_CASE("published addresses are sorted, without repetition, and old sets stay readable")
{
    backend one("p", at("app.internal:80"), 1);
    one.publish({ip("fd00::1"), ip("10.0.0.2"), ip("10.0.0.1"), ip("10.0.0.2")});
    const auto& before = one.addresses();
    CHECK(before == resolved_set{ip("10.0.0.1"), ip("10.0.0.2"), ip("fd00::1")});
    one.publish({ip("10.0.0.3")});
    CHECK(one.addresses() == resolved_set{ip("10.0.0.3")});
    CHECK(before.size() == 3);
}

TEST_CASE("an answer that says nothing new keeps the set, in whatever order it comes")
{
    backend one("p", at("app.internal:80"), 1);
    one.publish({ip("10.0.0.1"), ip("10.0.0.2")});
    const auto* first = &one.addresses();
    one.publish({ip("10.0.0.2"), ip("10.0.0.1")});
    CHECK(&one.addresses() == first);
    one.publish({ip("10.0.0.3")});
    CHECK(one.addresses() == resolved_set{ip("10.0.0.3")});
}

TEST_CASE("workers read addresses while they are replaced")
{
    backend one("p", at("app.internal:80"), 1);
    one.publish({ip("10.0.0.1")});
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
        readers.emplace_back([&] {
            for (int n = 0; n < 20'000; ++n) {
                const auto& seen = one.addresses();
                if (seen.empty() || seen.front().is_v6) std::abort();
            }
        });
    }
    for (std::uint8_t n = 1; n < 200; ++n) {
        one.publish(resolved_set(n % 4 + 1, conf::ip_address{{10, 0, 0, n}, false}));
    }
    for (auto& reader : readers)
        reader.join();
    CHECK(one.addresses().size() == 1);
}

TEST_CASE("a weight is at least 1")
{
    backend one("p", at("10.0.0.1:80"), 0);
    CHECK(one.weight() == 1);
    one.set_weight(7);
    CHECK(one.weight() == 7);
}

TEST_CASE("a backend serves while its checks and its failures let it")
{
    using enum health::checked_state;
    const steady_time now{1'000s};
    backend one("chat", at("10.0.0.1:80"), 1);
    CHECK(one.checked() == checking);
    CHECK(one.is_serving(now));
    for (const auto state : {up, draining, down, checking}) {
        one.set_checked(state);
        CHECK(one.is_serving(now) == (state == up || state == checking));
    }
    REQUIRE(one.ejection().eject(now, conf::eject_options{}));
    CHECK_FALSE(one.is_serving(now));
    CHECK(one.is_serving(now + conf::eject_options{}.backoff));
}

TEST_CASE("one that was away for more than a lost packet starts slowly when it accepts again")
{
    const steady_time now{1'000s};
    backend one("chat", at("10.0.0.1:80"), 4);
    one.set_slow_start(10s);
    CHECK(one.weight_now(now) == 400);
    one.backoff().fail({}, now, {});
    one.connected(now);
    CHECK(one.weight_now(now) == 400);
    one.backoff().fail({}, now, {});
    attempt probe;
    REQUIRE(one.backoff().admit(now + 2s, 1s, probe));
    one.backoff().fail(probe, now + 2s, {});
    one.connected(now + 9s);
    CHECK(one.backoff().failures() == 0);
    CHECK(one.weight_now(now + 9s) == 40);
    CHECK(one.weight_now(now + 14s) == 220);
    CHECK(one.weight_now(now + 19s) == 400);
    one.begin_slow_start(now + 19s);
    one.set_slow_start(0s);
    CHECK(one.weight_now(now + 19s) == 400);
}
