#include "proxy/log/progress_round.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using fairlead::log::progress_round;

namespace {

// Walks over `total` as a relay does: says when there are no more.
struct walk
{
    progress_round round;
    std::size_t total = 0;
    std::size_t at = 0;
    std::size_t rounds = 0;

    std::size_t step(std::uint64_t now, std::uint64_t every)
    {
        const auto due = round.next(now, every, total);
        if (!due) return 0;
        if (due->from_the_beginning) {
            at = 0;
            ++rounds;
        }
        const std::size_t seen = std::min(due->most, total - at);
        at += seen;
        if (at == total) round.over();
        return seen;
    }
};

} // namespace

TEST_CASE("100,000 tunnels have their turns evenly over the time, each once")
{
    walk all;
    all.total = 100'000;
    std::size_t most = 0, seen = 0;
    for (std::uint64_t now = 5'000; now < 305'000; now += 100) {
        const std::size_t some = all.step(now, 300'000);
        most = std::max(most, some);
        seen += some;
    }
    CHECK(most <= 34); // of 3,000 steps
    CHECK(seen > 99'900);
    for (std::uint64_t now = 305'000; now < 605'000; now += 100)
        seen += all.step(now, 300'000);
    CHECK(all.rounds == 2);
    CHECK(seen > 199'900);
    CHECK(seen <= 200'000);
}

TEST_CASE("a round begins on time also when the one before was soon over")
{
    walk all;
    all.total = 1;
    std::size_t seen = 0;
    for (std::uint64_t now = 0; now < 10'000; now += 100)
        seen += all.step(now, 1'000);
    CHECK(seen == 9); // at the end of each second
    CHECK(all.rounds == 10);
}

TEST_CASE("tunnels that open meanwhile are seen in the same round, and no step is a burst")
{
    walk all;
    all.total = 10;
    (void)all.step(0, 10'000);
    all.total = 100'000;
    std::size_t most = 0, seen = 0;
    for (std::uint64_t now = 100; now <= 19'600; now += 100) {
        const std::size_t some = all.step(now, 10'000);
        most = std::max(most, some);
        seen += some;
    }
    CHECK(most == 512);
    CHECK(seen == 100'000);
    CHECK(all.rounds == 1);
}

TEST_CASE("nothing is looked at when nothing is asked for, and a change of mind begins anew")
{
    walk all;
    all.total = 100;
    CHECK(all.step(0, 0) == 0);
    (void)all.step(100, 1'000);
    CHECK(all.step(600, 1'000) == 50);
    CHECK(all.step(700, 0) == 0);
    CHECK(all.step(800, 1'000) == 0);
    CHECK(all.rounds == 2);
    CHECK(all.step(1'300, 1'000) == 50);
}

TEST_CASE("after a pause there is one round, not one for each that was missed")
{
    walk all;
    all.total = 4;
    (void)all.step(0, 1'000);
    CHECK(all.step(1'000, 1'000) == 4);
    CHECK(all.step(60'000, 1'000) == 0); // begins
    CHECK(all.step(60'500, 1'000) == 2);
    CHECK(all.rounds == 2);
}
