#include "proxy/websocket/drain_schedule.hpp"

#include "test/proxy/websocket/many_tunnels.hpp"

#include <algorithm>
#include <chrono>
#include <string>

using namespace fairlead;
using test::many_tunnels;
using websocket::drain_cell;
using websocket::drain_kind;
using websocket::drain_target;

namespace {

// No lot at all, so that every number is exact.
struct no_lots
{
    std::uint32_t operator()() const noexcept { return 0; }
} lots;

struct bench : many_tunnels
{
    websocket::drain_schedule drains{relay, origins, worker};

    std::shared_ptr<drain_cell> begin(const drain_target& what, net::milliseconds_count window = 1'000,
                                      net::milliseconds_count now = 0)
    {
        auto told = std::make_shared<drain_cell>();
        drains.begin(what, told, {window, false}, now);
        return told;
    }

    std::int64_t left(drain_kind kind) const { return worker.drain_left[kind].value(); }
};

const drain_target the_route{drain_kind::route, "route", {}};
const drain_target backend_a{drain_kind::backend, "a", "pool"};
const drain_target front{drain_kind::listener, "0.0.0.0:80", {}};

} // namespace

TEST_CASE("a drain takes the tunnels of its route, its backend or its listener")
{
    bench at;
    const auto a = at.origin("a", 3);
    const auto b = at.origin("b", 3, "0.0.0.0:81");
    SUBCASE("the route's")
    {
        at.begin(the_route, 0);
        at.drains.advance(0, lots);
        CHECK(a->tunnels.size() + b->tunnels.size() == 0);
    }
    SUBCASE("the backend's")
    {
        at.begin(backend_a, 0);
        at.drains.advance(0, lots);
        CHECK(a->tunnels.empty());
        CHECK(b->tunnels.size() == 3);
    }
    SUBCASE("not those of a backend of that name in another pool")
    {
        at.begin({drain_kind::backend, "a", "other"}, 0);
        at.drains.advance(0, lots);
        CHECK(a->tunnels.size() == 3);
    }
    SUBCASE("the listener's")
    {
        at.begin(front, 0);
        at.drains.advance(0, lots);
        CHECK(a->tunnels.empty());
        CHECK(b->tunnels.size() == 3);
    }
}

TEST_CASE("its progress is told from the beginning on, and in the metrics")
{
    bench at;
    at.origin("a", 10);
    const auto told = at.begin(backend_a);
    CHECK(told->has_begun);
    CHECK(told->total == 10);
    CHECK(told->left == 10);
    CHECK(told->open == 10);
    CHECK(at.left(drain_kind::backend) == 10);
    at.drains.advance(500, lots);
    CHECK(told->left == 5);
    CHECK(told->open == 10); // the others have been told and not ended
    CHECK(at.left(drain_kind::backend) == 5);
    at.drains.advance(1'000, lots);
    CHECK(told->left == 0);
    CHECK(at.left(drain_kind::backend) == 0);
}

TEST_CASE("an operator's drain stands: what opens later leaves, too, also from a route that was not there")
{
    bench at;
    at.begin(backend_a, 0);
    at.drains.advance(0, lots);
    const auto late = at.origin("a", 2);
    at.drains.gather();
    at.drains.advance(60'000, lots);
    CHECK(late->tunnels.empty());
}

TEST_CASE("one that is taken back leaves the rest in place")
{
    bench at;
    const auto a = at.origin("a", 10);
    at.begin(backend_a);
    at.drains.advance(500, lots);
    at.drains.take_back(backend_a);
    at.drains.advance(5'000, lots);
    CHECK(a->tunnels.size() == 5);
    CHECK(at.left(drain_kind::backend) == 0);
}

TEST_CASE("the tunnels of a dead backend leave, and those that are left stay when it recovers")
{
    bench at;
    const drain_target dead{drain_kind::dead_backend, "a", "pool"};
    const auto a = at.origin("a", 10);
    const auto b = at.origin("b", 3);
    at.drains.begin_dead(dead, {1'000, false}, 0);
    CHECK(at.left(drain_kind::dead_backend) == 10);
    at.drains.advance(500, lots);
    CHECK(a->tunnels.size() == 5);
    CHECK(b->tunnels.size() == 3);
    at.drains.end_dead(dead);
    at.drains.advance(5'000, lots);
    CHECK(a->tunnels.size() == 5);
    CHECK(at.left(drain_kind::dead_backend) == 0);
    at.drains.begin_dead(dead, {0, false}, 5'000);
    at.drains.advance(5'000, lots);
    CHECK(a->tunnels.empty());
    const auto late = at.origin("a", 2); // it is used for want of others
    at.drains.gather();
    at.drains.advance(60'000, lots);
    CHECK(late->tunnels.size() == 2);
}

TEST_CASE("one that is begun again begins anew with what is left")
{
    bench at;
    const auto a = at.origin("a", 10);
    at.begin(backend_a);
    at.drains.advance(500, lots);
    const auto again = at.begin(backend_a, 1'000, 500);
    CHECK(again->total == 5);
    at.drains.advance(1'000, lots);
    CHECK(a->tunnels.size() == 3);
}

TEST_CASE("a reload's orphans leave and may be adopted; an operator's drain does not let go of those")
{
    bench at;
    const auto a = at.origin("a", 4);
    at.drains.orphan({a}, {1'000, false}, 0);
    at.drains.advance(500, lots);
    CHECK(a->tunnels.size() == 2);
    CHECK(at.left(drain_kind::reload) == 2);
    at.drains.adopt(*a);
    at.drains.advance(1'000, lots);
    CHECK(a->tunnels.size() == 2);
    CHECK(at.left(drain_kind::reload) == 0);
    at.begin(backend_a, 0, 1'000);
    at.drains.adopt(*a);
    at.drains.advance(1'000, lots);
    CHECK(a->tunnels.empty());
}

TEST_CASE("the process's drain replaces the others and takes what opens later")
{
    bench at;
    const auto a = at.origin("a", 10);
    const auto told = at.begin(backend_a, 100);
    at.drains.begin_process({1'000, false}, 0);
    at.drains.advance(500, lots);
    CHECK(a->tunnels.size() == 5);
    CHECK(at.left(drain_kind::process) == 5);
    const auto late = at.origin("late", 3);
    at.drains.advance(1'000, lots);
    CHECK(a->tunnels.empty());
    CHECK(late->tunnels.empty());
}

TEST_CASE("what a drain costs grows no faster than the number of origins")
{
    // Each time is compared with one copy of as many; a cost by the square would be thousands of these.
    using clock = std::chrono::steady_clock;
    const auto time = [](auto work) {
        auto best = clock::duration::max();
        for (int i = 0; i < 3; ++i) {
            const auto begin = clock::now();
            work();
            best = std::min(best, clock::now() - begin);
        }
        return std::chrono::duration<double>(best).count();
    };
    bench at;
    for (int i = 0; i < 30'000; ++i)
        at.origin(std::to_string(i), 0);
    const auto told = at.begin(the_route);
    const double copied = time([&] { CHECK(at.origins.all().size() == 30'000); });
    CHECK(time([&] { at.drains.gather(); }) / copied < 300);
    at.drains.begin_process({1'000, false}, 0);
    CHECK(time([&] { at.drains.gather(); }) / copied < 300);

    bench other;
    for (int i = 0; i < 30'000; ++i)
        other.origin(std::to_string(i), 0);
    const auto all = other.origins.all();
    CHECK(time([&] {
              other.drains.orphan(all, {1'000, false}, 0);
              for (const auto& each : all)
                  other.drains.adopt(*each);
          }) / copied <
          300);
}

TEST_CASE("clients are told 1012 of a part that is drained, and 1001 of the whole; backends always 1001")
{
    bench at;
    std::vector<std::pair<std::uint16_t, std::uint16_t>> codes;
    const auto note = [&](const websocket::origin_ref& of) {
        websocket::tunnel& one = of->tunnels.front();
        at.drains.advance(0, lots);
        codes.emplace_back(one.client.own_code, one.backend.own_code);
    };
    const auto a = at.origin("a", 1);
    at.begin(backend_a, 0);
    note(a);
    const auto b = at.origin("b", 1);
    at.drains.orphan({b}, {0, false}, 0);
    note(b);
    const auto c = at.origin("c", 1);
    at.drains.begin_process({0, false}, 0);
    note(c);
    CHECK(codes == decltype(codes){{1012, 1001}, {1012, 1001}, {1001, 1001}});
}
