#include "bench/load/pace.hpp"

#include <doctest/doctest.h>

using fairlead::bench::pace;
using std::chrono::milliseconds;

namespace {

constexpr pace::time_point start{};

constexpr pace::time_point at(int ms) { return start + milliseconds{ms}; }

} // namespace

TEST_SUITE_BEGIN("pace");

TEST_CASE("messages are due at an even rate, of one tunnel after another")
{
    pace paced{2, 100, start};
    CHECK(paced.next_due() == at(0));
    CHECK(paced.take_next(at(0)) == 0);
    CHECK(paced.next_due() == at(10));
    CHECK(paced.take_next(at(10)) == 1);
    CHECK_FALSE(paced.on_echo(0, at(11)));
    CHECK(paced.take_next(at(20)) == 0);
}

TEST_CASE("an echo counts from when its message went, however late the load was")
{
    pace paced{1, 100, start};
    CHECK(paced.take_next(at(25)) == 0);
    CHECK_FALSE(paced.on_echo(0, at(26)));
    CHECK(paced.took().at(1) == milliseconds{1});
}

TEST_CASE("a message that is due while one is out goes after its echo and counts from when it was due")
{
    pace paced{1, 100, start};
    CHECK(paced.take_next(at(0)) == 0);
    CHECK(paced.take_next(at(10)) == std::nullopt);
    CHECK(paced.take_next(at(20)) == std::nullopt);
    CHECK(paced.on_echo(0, at(28)));
    CHECK(paced.on_echo(0, at(29)));
    CHECK_FALSE(paced.on_echo(0, at(30)));
    CHECK(paced.took().count() == 3);
    CHECK(paced.took().at(1) == milliseconds{28});
    CHECK(paced.took().at(0.5) == milliseconds{19}); // due at 10, back at 29
    CHECK(paced.took().at(0.1) == milliseconds{10}); // due at 20, back at 30
}

TEST_CASE("after stop() it is settled once the echoes that are out have come, and they count")
{
    pace paced{2, 100, start};
    CHECK(paced.take_next(at(0)) == 0);
    CHECK(paced.take_next(at(10)) == 1);
    CHECK(paced.take_next(at(20)) == std::nullopt); // owed by the first
    paced.stop();
    CHECK_FALSE(paced.on_echo(1, at(21)));
    CHECK_FALSE(paced.is_settled());
    CHECK_FALSE(paced.on_echo(0, at(30)));
    CHECK(paced.is_settled());
    CHECK(paced.took().count() == 2);
}

TEST_SUITE_END();
