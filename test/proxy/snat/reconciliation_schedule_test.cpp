#include "proxy/snat/reconciliation_schedule.hpp"

#include <doctest/doctest.h>

using namespace fairlead::snat;
using namespace std::chrono_literals;
using step = reconciliation_schedule::step;
using state = reconciliation_schedule::state;

namespace {

const steady_time start{1'000s};

} // namespace

TEST_CASE("the ledger is compared as soon as there are spaces, and then every interval")
{
    reconciliation_schedule schedule;
    CHECK(schedule.next({}, 5min, start) == step::nothing);
    CHECK(schedule.next({1, 0, false}, 5min, start + 1s) == step::reconcile);
    CHECK(schedule.next({1, 0, false}, 5min, start + 5min) == step::nothing);
    CHECK(schedule.next({1, 0, false}, 5min, start + 5min + 1s) == step::reconcile);
    CHECK(schedule.next({1, 0, false}, 0ms, start + 1h) == step::nothing);
}

TEST_CASE("new spaces and many ports in foreign use bring a comparison forward, ten seconds apart")
{
    reconciliation_schedule schedule;
    CHECK(schedule.next({1, 0, false}, 5min, start) == step::reconcile);
    CHECK(schedule.next({2, 0, false}, 5min, start + 9s) == step::nothing);
    CHECK(schedule.next({2, 0, false}, 5min, start + 10s) == step::reconcile);
    CHECK(schedule.next({2, 31, false}, 5min, start + 30s) == step::nothing);
    CHECK(schedule.next({2, 32, false}, 5min, start + 30s) == step::reconcile);
    CHECK(schedule.next({2, 32, false}, 5min, start + 50s) == step::nothing);
}

TEST_CASE("foreign tuples that are held are asked for again each minute, and none without them")
{
    reconciliation_schedule schedule;
    const state holding{1, 0, true};
    CHECK(schedule.next(holding, 5min, start) == step::reconcile);
    CHECK(schedule.next(holding, 5min, start + 59s) == step::nothing);
    CHECK(schedule.next(holding, 5min, start + 60s) == step::recheck);
    CHECK(schedule.next(holding, 5min, start + 119s) == step::nothing);
    CHECK(schedule.next({1, 0, false}, 5min, start + 120s) == step::nothing);
    CHECK(schedule.next(holding, 5min, start + 121s) == step::recheck);
}
