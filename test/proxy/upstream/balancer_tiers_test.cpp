#include "test/proxy/upstream/choosing.hpp"

#include <algorithm>
#include <vector>

using namespace fairlead;
using namespace fairlead::upstream;
using namespace fairlead::upstream::test;
using namespace std::chrono_literals;

namespace {

constexpr choice_rules tiers{0, true};

backend_list in_tiers(const std::vector<std::uint32_t>& priorities)
{
    auto out = backends(std::vector<std::uint32_t>(priorities.size(), 1));
    for (std::size_t i = 0; i < priorities.size(); ++i)
        out[i]->set_priority(priorities[i]);
    return out;
}

void set_down(const backend_list& among, std::initializer_list<std::size_t> which, bool is_down = true)
{
    for (const std::size_t at : which)
        among[at]->set_checked(is_down ? health::checked_state::down : health::checked_state::up);
}

} // namespace

TEST_SUITE_BEGIN("balancer tiers");

TEST_CASE(
    "the lowest priority gets everything, whatever its place, until none of it serves, and gets it back")
{
    for (const auto kind : all_kinds) {
        const auto among = in_tiers({5, 0, 0, 9});
        balancer chooser(kind, connect_timeout, 7, tiers);
        const auto first = counts(chooser, among, 200);
        CHECK(first[0] + first[3] == 0);
        CHECK(std::min(first[1], first[2]) > 60);
        set_down(among, {1});
        CHECK(counts(chooser, among, 50) == std::vector<int>{0, 0, 50, 0});
        REQUIRE(among[2]->ejection().eject(health::failure_kind::broken, start, conf::eject_options{}));
        CHECK(counts(chooser, among, 50) == std::vector<int>{50, 0, 0, 0});
        among[0]->set_draining(true);
        CHECK(counts(chooser, among, 50) == std::vector<int>{0, 0, 0, 50});
        set_down(among, {1}, false);
        CHECK(counts(chooser, among, 50) == std::vector<int>{0, 50, 0, 0});
    }
}

TEST_CASE(
    "a request that has tried all of one tier goes on with the next, and then with those that do not serve")
{
    for (const auto kind : all_kinds) {
        const auto among = in_tiers({0, 1, 2, 0});
        set_down(among, {3});
        balancer chooser(kind, connect_timeout, 7, tiers);
        tried_backends tried;
        std::vector<std::uint32_t> order;
        while (const auto chosen = chooser.choose(among, tried, start)) {
            order.push_back(chosen->position);
            tried.add(chosen->position);
        }
        CHECK(order == std::vector<std::uint32_t>{0, 1, 2, 3});
    }
}

TEST_CASE(
    "one request at a time asks a tier that could not be reached whether it is back, the others do not wait")
{
    for (const auto kind : all_kinds) {
        const auto among = in_tiers({0, 1});
        balancer chooser(kind, connect_timeout, 7, tiers);
        among[0]->backoff().fail({}, start, backoff);
        CHECK(counts(chooser, among, 10) == std::vector<int>{0, 10});
        const auto later = start + backoff.initial;
        const auto probe = chooser.choose(among, {}, later);
        REQUIRE(probe);
        CHECK(probe->position == 0);
        CHECK(probe->granted.is_probe());
        CHECK(chooser.choose(among, {}, later)->position == 1);
        among[0]->connected(later);
        CHECK(chooser.choose(among, {}, later)->position == 0);
    }
}

TEST_CASE("a tier below the panic threshold hands over to one that is not, and panics when none is")
{
    for (const auto kind : all_kinds) {
        const auto among = in_tiers({0, 0, 0, 1, 1, 1});
        balancer chooser(kind, connect_timeout, 7, {50, true});
        set_down(among, {0});
        const auto enough = counts(chooser, among, 100); // two of three
        CHECK(enough[1] + enough[2] == 100);
        set_down(among, {1});
        const auto over = counts(chooser, among, 120);
        CHECK(over[0] + over[1] + over[2] == 0);
        set_down(among, {3, 4});
        const auto panic = counts(chooser, among, 150); // of the first tier with anything up, all
        CHECK(panic[3] + panic[4] + panic[5] == 0);
        CHECK(std::ranges::min(std::vector{panic[0], panic[1], panic[2]}) > 20);
        set_down(among, {2});
        const auto last = counts(chooser, among, 150);
        CHECK(last[0] + last[1] + last[2] == 0);
        set_down(among, {5});
        const auto none = counts(chooser, among, 150); // nothing is up: the first
        CHECK(none[3] + none[4] + none[5] == 0);
    }
}

TEST_CASE("a survivor of a tier that handed over is used when all in charge were tried")
{
    const auto among = in_tiers({0, 0, 0, 1});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7, {50, true});
    set_down(among, {0, 1});
    tried_backends tried;
    CHECK(chooser.choose(among, tried, start)->position == 3);
    tried.add(3);
    CHECK(chooser.choose(among, tried, start)->position == 2);
}

TEST_CASE(
    "a value has an owner in each tier, and those of the first tier do not move when backups come and go")
{
    std::vector<stickiness::member> members{{"a", 1, 0}, {"b", 1, 0}, {"x", 1, 1}, {"y", 1, 1}};
    conf::sticky_options options;
    options.by = conf::sticky_key::header;
    const stickiness all(options, "p", members);
    members.pop_back();
    const stickiness fewer(options, "p", members);
    const auto among = in_tiers({0, 0, 1, 1});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7, tiers);
    std::vector<int> primary(4);
    std::vector<int> backup(4);
    for (std::uint32_t key = 1; key <= 400; ++key) {
        const auto choose = [&] { return chooser.choose(among, {}, start, {&all, {{}, key}})->position; };
        const auto at = choose();
        ++primary[at];
        CHECK(at == all.owner(key));
        CHECK(at == fewer.owner(key));
        set_down(among, {0, 1});
        const auto over = choose();
        ++backup[over];
        CHECK(choose() == over);
        set_down(among, {0, 1}, false);
    }
    CHECK(primary[2] + primary[3] == 0);
    CHECK(std::min(primary[0], primary[1]) > 120);
    CHECK(backup[0] + backup[1] == 0);
    CHECK(std::min(backup[2], backup[3]) > 120);
}

TEST_CASE("a cookie leads to a backup while that serves, although its tier is not in charge")
{
    const auto among = in_tiers({0, 1});
    const stickiness by_cookie({}, "p", std::vector<stickiness::member>{{"a", 1, 0}, {"b", 1, 1}});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7, tiers);
    CHECK(chooser.choose(among, {}, start, {&by_cookie, {1, 0}})->position == 1);
    set_down(among, {1});
    CHECK(chooser.choose(among, {}, start, {&by_cookie, {1, 0}})->position == 0);
}

TEST_CASE("a full tier hands over; when all that serve are full nobody is chosen, and it is said why")
{
    for (const auto kind : all_kinds) {
        const auto among = in_tiers({0, 0, 1, 2});
        set_down(among, {3});
        balancer chooser(kind, connect_timeout, 7, tiers);
        std::vector<backend_use> uses;
        for (const auto& each : among)
            each->set_max_connections(2);
        for (int i = 0; i < 6; ++i) {
            const auto chosen = chooser.choose(among, {}, start);
            REQUIRE(chosen);
            CHECK((chosen->position < 2) == (i < 4));
            uses.push_back(among[chosen->position]->admit());
            REQUIRE(uses.back());
        }
        CHECK_FALSE(chooser.choose(among, {}, start)); // not the one that is down
        CHECK(chooser.wants_room().is_so);
        CHECK_FALSE(chooser.wants_room().of);
        uses.pop_back();
        CHECK(chooser.choose(among, {}, start)->position == 2);
        CHECK_FALSE(chooser.wants_room().is_so);
    }
}

TEST_CASE("who has a backend of its own waits for its room, or goes elsewhere, as it is told")
{
    const auto among = in_tiers({0, 0});
    conf::sticky_options options;
    options.by = conf::sticky_key::header;
    const stickiness by_value(options, "p", std::vector<stickiness::member>{{"a", 1}, {"b", 1}});
    const stickiness by_cookie({}, "p", std::vector<stickiness::member>{{"a", 1}, {"b", 1}});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7);
    const std::uint32_t own = by_value.owner(9);
    among[own]->set_max_connections(1);
    const backend_use taken = among[own]->admit();
    for (sticky_request asked : {sticky_request{&by_value, {{}, 9}}, sticky_request{&by_cookie, {own, 0}}}) {
        CHECK(chooser.choose(among, {}, start, asked)->position == 1 - own);
        asked.waits_for_own = true;
        CHECK_FALSE(chooser.choose(among, {}, start, asked));
        CHECK(chooser.wants_room().is_so);
        CHECK(chooser.wants_room().of == own);
        among[own]->set_checked(health::checked_state::down); // it lacks more than room
        CHECK(chooser.choose(among, {}, start, asked)->position == 1 - own);
        among[own]->set_checked(health::checked_state::up);
    }
}

TEST_CASE("room that somebody waits for is for whoever was called")
{
    const auto among = in_tiers({0});
    balancer chooser(balance_kind::round_robin, connect_timeout, 7);
    among[0]->set_max_connections(1);
    among[0]->add_awaited(1);
    sticky_request asked;
    CHECK_FALSE(chooser.choose(among, {}, start, asked));
    CHECK(chooser.wants_room().is_so);
    asked.called_for = among[0].get();
    CHECK(chooser.choose(among, {}, start, asked)->position == 0);
}

TEST_CASE("a pool of one priority is one tier, whatever the number is")
{
    const auto among = in_tiers({7, 7});
    const auto charge = find_in_charge(among, 0, start);
    CHECK(charge.priority == 7);
    CHECK(charge.share.all == 2);
    CHECK_FALSE(charge.panics);
    set_down(among, {0, 1});
    CHECK(find_in_charge(among, 0, start).panics);
    CHECK_FALSE(find_in_charge({}, 100, start).panics);
}

TEST_SUITE_END();
