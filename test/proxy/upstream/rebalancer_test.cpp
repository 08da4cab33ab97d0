#include "proxy/upstream/rebalancer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

using namespace fairlead;
using namespace fairlead::upstream;

namespace {

constexpr conf::rebalance_options fifty{50, 20};
using counts = std::vector<std::uint64_t>;

std::uint64_t sum(const counts& of) { return std::accumulate(of.begin(), of.end(), std::uint64_t{0}); }

// A pool whose clients come back `delay` seconds after they were told to, to whom `choose` says.
struct pool
{
    enum class choice
    {
        in_turn,
        least,
        same // sticky
    };

    explicit pool(std::vector<pool_share> begin, choice where = choice::in_turn)
        : shares(std::move(begin))
        , how(where)
    {}

    std::vector<pool_share> shares;
    choice how;
    std::size_t delay = 2;
    rebalancer machine;
    std::uint64_t closed = 0;
    std::uint64_t now = 10'000;
    std::deque<counts> away; // by second, the next first
    std::size_t turn = 0;

    pool_share& operator[](std::size_t at) { return shares[at]; }

    std::size_t next(std::size_t from)
    {
        if (how == choice::same) return from;
        if (how == choice::in_turn) return turn++ % shares.size();
        const auto load = [](const pool_share& each) {
            return static_cast<double>(each.tunnels) / each.weight;
        };
        return static_cast<std::size_t>(std::ranges::min_element(shares, {}, load) - shares.begin());
    }

    counts second(const conf::rebalance_options& options = fifty)
    {
        const counts shed = machine.step(options, shares, now);
        now += 1'000;
        closed += sum(shed);
        for (std::size_t i = 0; i < shares.size(); ++i)
            shares[i].tunnels -= shed[i];
        away.push_back(shed);
        if (away.size() > delay) {
            const counts back = away.front();
            away.pop_front();
            for (std::size_t from = 0; from < back.size(); ++from) {
                for (std::uint64_t i = 0; i < back[from]; ++i)
                    ++shares[next(from)].tunnels;
            }
        }
        return shed;
    }

    // Seconds until nothing is closed any more.
    int run(int longest = 1'000)
    {
        int seconds = 0;
        int quiet = 0;
        while (quiet < 70 && seconds < longest) {
            quiet = sum(second()) == 0 ? quiet + 1 : 0;
            ++seconds;
        }
        return seconds - quiet;
    }
};

pool three_full(pool::choice how = pool::choice::in_turn)
{
    pool made({{"a", 1, 1'000, true}, {"b", 1, 1'000, true}, {"c", 1, 1'000, true}}, how);
    made.second();
    made.shares.push_back({"d", 1, 0, true});
    return made;
}

} // namespace

TEST_CASE("a backend that joins is led to until the fullest is within the threshold, and no further")
{
    for (const auto how : {pool::choice::in_turn, pool::choice::least}) {
        pool at = three_full(how);
        at.run();
        CHECK(at.machine.state() == rebalance_state::quiet);
        const auto view = at.machine.look(fifty, at.shares);
        CHECK(view.spread <= 0.2);
        CHECK(view.spread > 0.1);
        CHECK(at[3].tunnels >= 300);
        CHECK(at[0].tunnels + at[1].tunnels + at[2].tunnels + at[3].tunnels == 3'000);
        CHECK(at.closed < 1'500);
        const auto before = at.closed;
        for (int i = 0; i < 100; ++i)
            at.second();
        CHECK(at.closed == before); // it stays so
    }
}

TEST_CASE("the rate holds in every second, also when the steps come late")
{
    pool at = three_full();
    for (int i = 0; i < 20; ++i)
        CHECK(sum(at.second()) <= 50);
    at.now += 60'000;
    CHECK(sum(at.second()) <= 50);
    rebalancer slow;
    const conf::rebalance_options every_two_seconds{0.5, 20};
    std::vector<pool_share> shares{{"a", 1, 1'000, true}};
    slow.step(every_two_seconds, shares, 1'000);
    shares.push_back({"b", 1, 0, true});
    std::uint64_t closed = 0;
    for (std::uint64_t second = 2; second <= 11; ++second)
        closed += sum(slow.step(every_two_seconds, shares, second * 1'000));
    CHECK(closed == 5);
}

TEST_CASE("no backend is led below its share, even when nobody comes back")
{
    pool at = three_full();
    at.delay = 1'000;
    for (int i = 0; i < 50; ++i) {
        at.second({1'000, 1});
        for (std::size_t each = 0; each < 3; ++each)
            CHECK(at[each].tunnels >= 750);
    }
}

TEST_CASE("clients on their way are not closed for twice")
{
    pool at = three_full();
    at.delay = 30;
    std::uint64_t closed = 0;
    for (int i = 0; i < 25; ++i)
        closed += sum(at.second({10'000, 20}));
    CHECK(closed == 300); // 100 above 900 at each of the three
    CHECK(at.machine.on_the_way() == 300);
}

TEST_CASE("those that do not come back within a minute are no longer counted on")
{
    pool at = three_full();
    at.delay = 1'000;
    at.second({10'000, 20});
    at.second({10'000, 20});
    CHECK(at.machine.on_the_way() == 300);
    at.now += 60'000;
    at.second({10'000, 20});
    CHECK(at.machine.on_the_way() < 300);
}

TEST_CASE("weights make the share")
{
    pool at({{"a", 1, 900, true}, {"b", 1, 900, true}}, pool::choice::least);
    at.second();
    at[0].weight = 5; // 1,500 and 300
    at.run();
    CHECK(at[1].tunnels <= 360);
    CHECK(at[1].tunnels >= 300);
}

TEST_CASE("nothing begins by itself: a spread without a change of the backends is left alone")
{
    pool at({{"a", 1, 1'000, true}, {"b", 1, 10, true}});
    CHECK(at.run(50) == 0);
    CHECK(at.machine.look(fifty, at.shares).spread == doctest::Approx(0.980).epsilon(0.01));
    SUBCASE("one that recovers begins it")
    {
        at[1].takes_new = false;
        at.second();
        at[1].takes_new = true;
    }
    SUBCASE("and so does an operator") { at.machine.begin(); }
    at.second();
    CHECK(sum(at.second()) == 50);
}

TEST_CASE("an operator who begins it as a backend changes begins it once")
{
    pool at({{"a", 1, 100, true}, {"b", 1, 100, true}});
    at.second();
    at.machine.begin();
    at[0].weight = at[1].weight = 2;
    at.second(); // nobody has too many: it is over
    CHECK(at.machine.state() == rebalance_state::quiet);
    at[0].tunnels = 1'000;
    CHECK(at.run(50) == 0);
}

TEST_CASE("a backend that is down or drained has no share, and its tunnels are nobody's")
{
    pool at({{"a", 1, 300, true}, {"b", 1, 300, true}, {"c", 1, 5'000, false}});
    at.second();
    at.machine.begin();
    CHECK(at.run(50) == 0);
    const auto view = at.machine.look(fifty, at.shares);
    CHECK(view.fair == std::vector<double>{300, 300, 0});
    CHECK(view.spread == 0);
    CHECK(sum(view.to_be_shed) == 0);
}

TEST_CASE("clients that come back to where they were are left in peace when a tenth has shown it")
{
    pool at = three_full(pool::choice::same);
    at.run();
    CHECK(at.machine.state() == rebalance_state::useless);
    CHECK(at.closed >= 300);
    CHECK(at.closed <= 500);
}

TEST_CASE("clients that take their time are waited for before that is said")
{
    pool at = three_full();
    at.delay = 30;
    at.run();
    CHECK(at.machine.state() == rebalance_state::quiet);
    CHECK(at.machine.look(fifty, at.shares).spread <= 0.2);
}

TEST_CASE("pools of a few tunnels end as even as they get")
{
    pool at({{"a", 1, 2, true}, {"b", 1, 1, true}});
    at.second();
    at.machine.begin();
    CHECK(at.run(50) == 0);
    CHECK(at.machine.state() == rebalance_state::quiet);
    pool none({{"a", 1, 0, true}});
    none.machine.begin();
    CHECK(none.run(50) == 0);
}

TEST_CASE("a backup's tunnels all go to the tier that is in charge again, at the rate and not below it")
{
    rebalancer machine;
    std::vector<pool_share> shares{{"a", 1, 0, false}, {"b", 1, 0, false}, {"x", 1, 90, true}};
    CHECK(sum(machine.step(fifty, shares, 1'000)) == 0);
    shares[0].takes_new = shares[1].takes_new = true;
    shares[2].takes_new = false;
    shares[2].stands_by = true;
    CHECK(machine.look(fifty, shares).to_be_shed == counts{0, 0, 90});
    CHECK(machine.look(fifty, shares).fair == std::vector<double>{45, 45, 0});
    for (std::uint64_t at = 2'000, next = 0; shares[2].tunnels > 0; at += 1'000) {
        REQUIRE(at < 10'000);
        const counts shed = machine.step(fifty, shares, at);
        CHECK(shed[0] + shed[1] == 0);
        CHECK(shed[2] <= 50);
        shares[2].tunnels -= shed[2];
        for (std::uint64_t i = 0; i < shed[2]; ++i)
            ++shares[next++ % 2].tunnels;
    }
    CHECK(shares[0].tunnels == 45);
    CHECK(sum(machine.step(fifty, shares, 20'000)) == 0);
    CHECK(machine.state() == rebalance_state::quiet);
}

TEST_CASE("one that stands by keeps its tunnels while nobody takes new ones")
{
    rebalancer machine;
    std::vector<pool_share> shares{{"a", 1, 0, false}, {"x", 1, 9, false, true}};
    machine.begin();
    CHECK(sum(machine.step(fifty, shares, 1'000)) == 0);
    CHECK(sum(machine.step(fifty, shares, 2'000)) == 0);
}

TEST_CASE("a look tells what would be shed without a rate")
{
    const pool at = three_full();
    const auto view = at.machine.look(fifty, at.shares);
    CHECK(view.to_be_shed == counts{100, 100, 100, 0});
    CHECK(view.fair == std::vector<double>{750, 750, 750, 750});
    CHECK(view.spread == doctest::Approx(1.0 / 3));
}
