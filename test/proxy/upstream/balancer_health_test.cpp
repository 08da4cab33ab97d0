#include "test/proxy/upstream/choosing.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <vector>

using namespace fairlead;
using namespace fairlead::upstream;
using namespace fairlead::upstream::test;
using namespace std::chrono_literals;

TEST_CASE("backends that are down, draining or ejected are passed over, and are used when no other is left")
{
    for (const auto kind : all_kinds) {
        const auto among = backends({1, 1, 1});
        balancer chooser(kind, connect_timeout, 7);
        among[0]->set_checked(health::checked_state::down);
        REQUIRE(among[1]->ejection().eject(health::failure_kind::broken, start, conf::eject_options{}));
        CHECK(counts(chooser, among, 100) == std::vector<int>{0, 0, 100});
        among[2]->set_checked(health::checked_state::draining);
        const auto seen = counts(chooser, among, 300);
        CHECK(std::ranges::all_of(seen, [](int each) { return each > 30; }));
        among[0]->set_checked(health::checked_state::up);
        CHECK(counts(chooser, among, 100) == std::vector<int>{100, 0, 0});
    }
}

TEST_CASE("an ejection ends by the clock")
{
    const auto among = backends({1, 1});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7);
    conf::eject_options options;
    REQUIRE(among[0]->ejection().eject(health::failure_kind::broken, start, options));
    CHECK(chooser.choose(among, {}, start + options.backoff - 1ms)->position == 1);
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 2; ++i)
        seen.insert(chooser.choose(among, {}, start + options.backoff)->position);
    CHECK(seen.size() == 2);
}

TEST_CASE("a backend that starts slowly gets a tenth of its share at first, half of it in the middle")
{
    const auto among = backends({1, 1});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7);
    among[0]->set_slow_start(90s);
    among[0]->begin_slow_start(start);
    const auto share_at = [&](steady_time now) {
        int first = 0;
        for (int i = 0; i < 1'100; ++i)
            first += chooser.choose(among, {}, now)->position == 0 ? 1 : 0;
        return first;
    };
    CHECK(std::abs(share_at(start) - 100) <= 2);       // 10 : 100
    CHECK(std::abs(share_at(start + 40s) - 367) <= 3); // 50 : 100
    CHECK(std::abs(share_at(start + 90s) - 550) <= 2);
}

TEST_CASE("least connections fills a slow starter to a tenth of the others")
{
    const auto among = backends({1, 1});
    balancer chooser(balance_kind::least_connections, connect_timeout, 7);
    among[0]->set_slow_start(90s);
    among[0]->begin_slow_start(start);
    std::vector<backend_use> uses;
    for (int i = 0; i < 220; ++i)
        uses.emplace_back(*among[chooser.choose(among, {}, start)->position]);
    CHECK(among[0]->live() == 20);
}

TEST_CASE("one that an operator drains is not used even when no other serves")
{
    const auto among = backends({1, 1});
    balancer chooser(balance_kind::least_connections, connect_timeout, 7);
    among[0]->set_draining(true);
    among[1]->set_checked(health::checked_state::down);
    CHECK(counts(chooser, among, 20) == std::vector<int>{0, 20});
}

TEST_CASE("below the panic threshold all are used, but for those that an operator drains")
{
    for (const auto kind : all_kinds) {
        const auto among = backends({1, 1, 1, 1, 1});
        balancer chooser(kind, connect_timeout, 7, {50});
        among[4]->set_draining(true);
        among[0]->set_checked(health::checked_state::down);
        REQUIRE(among[1]->ejection().eject(health::failure_kind::broken, start, conf::eject_options{}));
        const auto half = counts(chooser, among, 100); // two of four: not below
        CHECK(half[0] + half[1] + half[4] == 0);
        among[2]->set_checked(health::checked_state::draining);
        const auto all = counts(chooser, among, 400);
        CHECK(std::all_of(all.begin(), all.begin() + 4, [](int each) { return each > 50; }));
        CHECK(all[4] == 0);
        among[0]->set_checked(health::checked_state::up);
        const auto again = counts(chooser, among, 100);
        CHECK(again[1] + again[2] + again[4] == 0);
    }
}

TEST_CASE("one that backs off counts as not up, and is not dialled for a panic")
{
    const auto among = backends({1, 1, 1});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7, {50});
    among[0]->set_checked(health::checked_state::down);
    among[1]->backoff().fail({}, start, backoff);
    CHECK(count_serving(among, start).up == 1);
    const auto seen = counts(chooser, among, 100);
    CHECK(seen[1] == 0);
    CHECK(seen[0] == 50);
}

TEST_CASE("below the panic threshold a request goes to its own backend whatever is found of it")
{
    const auto among = backends({1, 1, 1});
    const stickiness by_cookie({}, "p", std::vector<stickiness::member>{{"a", 1}, {"b", 1}, {"c", 1}});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7, {50});
    for (const std::uint32_t dead : {1, 2})
        among[dead]->set_checked(health::checked_state::down);
    for (int i = 0; i < 10; ++i)
        CHECK(chooser.choose(among, {}, start, {&by_cookie, {2, 0}})->position == 2);
}

TEST_CASE("a share without a backend never panics, one with nothing up always does")
{
    CHECK_FALSE(serving_share{0, 0}.panics(100));
    CHECK(serving_share{1, 0}.panics(0));
    CHECK_FALSE(serving_share{3, 1}.panics(33));
    CHECK(serving_share{3, 1}.panics(34));
    CHECK(serving_share{3, 2}.panics(100));
    CHECK_FALSE(serving_share{3, 3}.panics(100));
}
