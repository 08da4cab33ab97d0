#include "proxy/websocket/drain_plan.hpp"

#include "test/proxy/websocket/many_tunnels.hpp"

#include <vector>

using namespace fairlead;
using websocket::origin_ref;
using bench = test::many_tunnels;

TEST_CASE("tunnels of the named origins leave evenly over the window, the others stay")
{
    bench at;
    const auto leaving = at.origin("a", 30);
    const auto also = at.origin("b", 10);
    const auto staying = at.origin("c", 5);
    websocket::drain_plan plan({{leaving, also}, {}, 4'000, false}, 1'000);
    CHECK(plan.total() == 40);
    for (unsigned now = 1'100; now <= 5'000; now += 100) {
        plan.advance(at.relay, now, 0);
        CHECK(plan.left() == 40 - (now - 1'000) / 100);
    }
    CHECK(plan.is_over(5'000));
    CHECK(staying->tunnels.size() == 5);
}

TEST_CASE("the oldest leave first over all origins, or the newest")
{
    for (const bool newest : {false, true}) {
        bench at;
        const auto first = at.origin("first", 2);
        const auto second = at.origin("second", 2);
        websocket::drain_plan plan({{second, first}, {}, 4'000, newest}, 0);
        plan.advance(at.relay, 2'000, 0);
        CHECK(first->tunnels.size() == (newest ? 2 : 0));
        CHECK(second->tunnels.size() == (newest ? 0 : 2));
    }
}

TEST_CASE("what opens meanwhile leaves at the window's end, and what ended by itself is not waited for")
{
    bench at;
    const auto leaving = at.origin("a", 4);
    websocket::drain_plan plan({{leaving}, {}, 1'000, false}, 0);
    plan.advance(at.relay, 500, 0);
    CHECK(plan.left() == 2);
    at.origin("a", 3);
    CHECK(plan.left() == 5);
    CHECK_FALSE(plan.is_over(1'000));
    plan.advance(at.relay, 1'000, 0);
    CHECK(plan.left() == 0);
    CHECK(plan.is_over(1'000));
}

TEST_CASE("an origin that comes back is spared")
{
    bench at;
    const auto leaving = at.origin("a", 4);
    websocket::drain_plan plan({{leaving}, {}, 1'000, false}, 0);
    plan.spare(*leaving);
    plan.advance(at.relay, 2'000, 0);
    CHECK(leaving->tunnels.size() == 4);
    CHECK(plan.is_over(2'000));
}

TEST_CASE("the order holds over tunnels that end by themselves and origins that are spared or come later")
{
    bench at;
    const auto a = at.origin("a", 2);
    const auto b = at.origin("b", 2);
    const auto c = at.origin("c", 2);
    at.origin("a", 1);
    websocket::drain_plan plan({{c, a, b}, {}, 6'000, false}, 0);
    plan.spare(*c);
    plan.spare(*c);
    plan.include(a);
    plan.include(c);
    CHECK(plan.order().origins.size() == 3);
    CHECK(plan.left() == 7);
    plan.spare(*a);
    plan.include(a);
    plan.advance(at.relay, 2'600, 0); // three of seven: both old ones of a, the first of b
    CHECK(a->tunnels.size() == 1);
    CHECK(b->tunnels.size() == 1);
    CHECK(c->tunnels.size() == 2);
    at.relay.close(b->tunnels.front(), {});
    plan.advance(at.relay, 5'200, 0);
    CHECK(c->tunnels.empty());
    CHECK(a->tunnels.empty());
    CHECK(plan.left() == 0);
}

TEST_CASE("a table gives one origin for a key, and forgets it when nothing else refers to it")
{
    websocket::origin_table table;
    auto one = table.obtain({"r", "p", "b", true});
    CHECK(one == table.obtain({"r", "p", "b", true}));
    CHECK(one != table.obtain({"r", "p", "b", false}));
    CHECK(table.all().size() == 2);
    table.sweep();
    CHECK(table.all() == std::vector<origin_ref>{one});
    one.reset();
    table.sweep();
    CHECK(table.all().empty());
}
