#include "test/proxy/upstream/choosing.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace fairlead;
using namespace fairlead::upstream;
using namespace fairlead::upstream::test;
using namespace std::chrono_literals;

TEST_CASE("round robin gives each backend its weight's share")
{
    const auto among = backends({1, 2, 7});
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        balancer chooser(balance_kind::round_robin, connect_timeout, seed);
        const auto seen = counts(chooser, among, 1'000);
        CHECK(std::abs(seen[0] - 100) <= 2);
        CHECK(std::abs(seen[1] - 200) <= 2);
        CHECK(std::abs(seen[2] - 700) <= 2);
    }
}

TEST_CASE("round robin spreads the choices of a heavy backend")
{
    const auto among = backends({4, 1, 1});
    balancer chooser(balance_kind::round_robin, connect_timeout, 1);
    counts(chooser, among, 60);
    int run = 0;
    for (int i = 0; i < 600; ++i) {
        run = chooser.choose(among, {}, start)->position == 0 ? run + 1 : 0;
        CHECK(run <= 4);
    }
}

TEST_CASE("round robin of equal weights takes each in turn, from a start that differs between workers")
{
    const auto among = backends({1, 1, 1, 1});
    std::set<std::uint32_t> starts;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        balancer chooser(balance_kind::round_robin, connect_timeout, seed);
        starts.insert(chooser.choose(among, {}, start)->position);
        counts(chooser, among, 8);
        CHECK(counts(chooser, among, 4) == std::vector{1, 1, 1, 1});
    }
    CHECK(starts.size() == 4);
}

TEST_CASE("an operator's weight counts instead of the configured one until it is taken back")
{
    const auto among = backends({1, 1});
    balancer chooser(balance_kind::round_robin, connect_timeout, 1);
    among[0]->set_wanted_weight(3);
    CHECK(counts(chooser, among, 400) == std::vector{300, 100});
    among[0]->set_weight(7); // a reload
    CHECK(counts(chooser, among, 400) == std::vector{300, 100});
    CHECK(among[0]->configured_weight() == 7);
    among[0]->set_wanted_weight(0);
    CHECK(counts(chooser, among, 800) == std::vector{700, 100});
}

TEST_CASE("what an operator ejects is chosen for nothing, as a last resort neither")
{
    const auto among = backends({1, 1});
    balancer chooser(balance_kind::least_connections, connect_timeout, 1);
    among[0]->set_withheld(true);
    CHECK(counts(chooser, among, 50) == std::vector{0, 50});
    CHECK_FALSE(among[0]->is_serving(start));
    among[1]->set_withheld(true);
    CHECK_FALSE(chooser.choose(among, {}, start).has_value());
    among[0]->set_withheld(false);
    CHECK(counts(chooser, among, 50) == std::vector{50, 0});
}

TEST_CASE("least connections fills the emptiest, in proportion to the weights")
{
    const auto among = backends({1, 3});
    balancer chooser(balance_kind::least_connections, connect_timeout, 1);
    std::vector<backend_use> uses;
    for (int i = 0; i < 400; ++i) {
        uses.emplace_back(*among[chooser.choose(among, {}, start)->position]);
    }
    CHECK(among[0]->live() == 100);
    CHECK(among[1]->live() == 300);

    std::vector<backend_use> ended(std::make_move_iterator(uses.begin()),
                                   std::make_move_iterator(uses.begin() + 200));
    ended.clear();
    const auto emptiest = among[0]->live() * 3 < among[1]->live() ? 0U : 1U;
    CHECK(chooser.choose(among, {}, start)->position == emptiest);
}

TEST_CASE("least connections takes equals at random, so that workers do not all pick the first")
{
    const auto among = backends({1, 1, 1});
    balancer chooser(balance_kind::least_connections, connect_timeout, 7);
    for (const auto count : counts(chooser, among, 3'000))
        CHECK(std::abs(count - 1'000) < 150);
}

TEST_CASE("least connections of several workers counts what all of them hold")
{
    const auto among = backends({1, 1, 1, 1});
    std::vector<std::vector<backend_use>> held(4);
    std::vector<std::thread> workers;
    for (std::size_t worker = 0; worker < held.size(); ++worker) {
        workers.emplace_back([&, worker] {
            balancer chooser(balance_kind::least_connections, connect_timeout, worker);
            for (int i = 0; i < 2'000; ++i) {
                held[worker].emplace_back(*among[chooser.choose(among, {}, start)->position]);
            }
        });
    }
    for (auto& worker : workers)
        worker.join();
    std::uint32_t total = 0;
    for (const auto& each : among) {
        total += each->live();
        CHECK(std::abs(static_cast<int>(each->live()) - 2'000) <= 8); // the choices that were under way
    }
    CHECK(total == 8'000);
}

TEST_CASE("random of two keeps backends close to each other")
{
    const auto among = backends(std::vector<std::uint32_t>(10, 1));
    balancer chooser(balance_kind::random_of_two, connect_timeout, 3);
    std::vector<backend_use> uses;
    for (int i = 0; i < 10'000; ++i) {
        uses.emplace_back(*among[chooser.choose(among, {}, start)->position]);
    }
    for (const auto& each : among)
        CHECK(std::abs(static_cast<int>(each->live()) - 1'000) < 20);
}

TEST_CASE("random of two weighs by weight")
{
    const auto among = backends({1, 3});
    balancer chooser(balance_kind::random_of_two, connect_timeout, 3);
    std::vector<backend_use> uses;
    for (int i = 0; i < 400; ++i) {
        uses.emplace_back(*among[chooser.choose(among, {}, start)->position]);
    }
    CHECK(among[0]->live() == 100);
}

TEST_CASE("what this request tried already is not chosen again, and when all were there is nothing")
{
    for (const auto kind : all_kinds) {
        const auto among = backends({1, 5, 1});
        balancer chooser(kind, connect_timeout, 1);
        tried_backends tried;
        std::set<std::uint32_t> seen;
        for (int i = 0; i < 3; ++i) {
            const auto choice = chooser.choose(among, tried, start);
            REQUIRE(choice.has_value());
            seen.insert(choice->position);
            tried.add(choice->position);
        }
        CHECK(seen.size() == 3);
        CHECK_FALSE(chooser.choose(among, tried, start).has_value());
        CHECK_FALSE(chooser.choose({}, {}, start).has_value());
    }
}

TEST_CASE("a backend that backs off is skipped; when its delay is over one request probes it")
{
    for (const auto kind : all_kinds) {
        const auto among = backends({1, 1});
        balancer chooser(kind, connect_timeout, 1);
        among[0]->backoff().fail({}, start, backoff);
        for (int i = 0; i < 20; ++i)
            CHECK(chooser.choose(among, {}, start + 999ms)->position == 1);
        int probes = 0;
        for (int i = 0; i < 200; ++i) {
            const auto choice = chooser.choose(among, {}, start + 1s);
            if (choice->position == 0) {
                ++probes;
                CHECK(choice->granted.is_probe());
            }
        }
        CHECK(probes == 1);
        among[0]->backoff().succeed();
        std::set<std::uint32_t> seen;
        for (int i = 0; i < 50; ++i)
            seen.insert(chooser.choose(among, {}, start + 1s)->position);
        CHECK(seen.size() == 2);
    }
}

TEST_CASE("when all back off the one that is due first is tried, and then the next")
{
    for (const auto kind : all_kinds) {
        const auto among = backends({1, 1, 1});
        balancer chooser(kind, connect_timeout, 1);
        among[0]->backoff().fail({}, start + 20ms, backoff);
        among[1]->backoff().fail({}, start, backoff);
        among[2]->backoff().fail({}, start + 10ms, backoff);
        tried_backends tried;
        for (const auto expected : {1U, 2U, 0U}) {
            const auto choice = chooser.choose(among, tried, start + 100ms);
            REQUIRE(choice.has_value());
            CHECK(choice->position == expected);
            CHECK_FALSE(choice->granted.is_probe());
            tried.add(choice->position);
        }
    }
}

TEST_CASE("round robin starts anew when the pool has another size")
{
    balancer chooser(balance_kind::round_robin, connect_timeout, 1);
    counts(chooser, backends({1, 1, 1}), 10);
    CHECK(chooser.choose(backends({1}), {}, start)->position == 0);
}

TEST_CASE("the list of tried backends is bounded")
{
    tried_backends tried;
    for (std::uint32_t i = 0; i < 20; ++i)
        tried.add(i);
    CHECK(tried.is_full());
    CHECK(tried.size() == tried_backends::capacity);
    CHECK(tried.contains(7));
    CHECK_FALSE(tried.contains(8));
}

TEST_CASE("a backend of the request's own is taken while it serves, and another when it does not")
{
    const auto among = backends({1, 1, 1});
    const stickiness by_cookie({}, "p", std::vector<stickiness::member>{{"a", 1}, {"b", 1}, {"c", 1}});
    for (const auto kind : all_kinds) {
        balancer chooser(kind, connect_timeout, 5);
        const sticky_request asked{&by_cookie, {2, 0}};
        const auto choose = [&](const tried_backends& tried = {}) {
            return chooser.choose(among, tried, start, asked)->position;
        };
        for (int i = 0; i < 10; ++i)
            CHECK(choose() == 2);
        tried_backends failed;
        failed.add(2);
        CHECK(choose(failed) != 2);
        among[2]->set_draining(true);
        CHECK(choose() != 2);
        among[2]->set_draining(false);
        among[2]->set_checked(health::checked_state::down);
        CHECK(choose() != 2);
        among[2]->set_checked(health::checked_state::up);
        CHECK(choose() == 2);
        CHECK(chooser.choose(among, {}, start, {&by_cookie, {7, 0}}).has_value());
    }
}

TEST_CASE("a value leads to its owner, and to its next one while that does not serve")
{
    const auto among = backends({1, 1, 1, 1});
    conf::sticky_options options;
    options.by = conf::sticky_key::path;
    const stickiness by_value(options, "p",
                              std::vector<stickiness::member>{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}});
    balancer chooser(balance_kind::round_robin, connect_timeout, 5);
    for (std::uint32_t key = 1; key < 200; ++key) {
        const sticky_request asked{&by_value, {std::nullopt, key}};
        const auto owner = by_value.owner(key);
        CHECK(chooser.choose(among, {}, start, asked)->position == owner);
        among[owner]->set_checked(health::checked_state::down);
        const auto next = chooser.choose(among, {}, start, asked)->position;
        CHECK(next != owner);
        CHECK(chooser.choose(among, {}, start, asked)->position == next);
        among[owner]->set_checked(health::checked_state::up);
    }
}
