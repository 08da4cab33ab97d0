#include "proxy/health/health_state.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

namespace fairlead::health {
namespace {

using namespace std::chrono_literals;
using enum check_outcome;

checked_state after(health_state state, std::initializer_list<check_outcome> outcomes)
{
    for (const check_outcome each : outcomes)
        state.on(each);
    return state.current();
}

const health_state fresh(2, 3);

} // namespace

TEST_CASE("the first check decides alone")
{
    CHECK(after(fresh, {}) == checked_state::checking);
    CHECK(after(fresh, {pass}) == checked_state::up);
    CHECK(after(fresh, {fail}) == checked_state::down);
    CHECK(after(fresh, {drain}) == checked_state::draining);
}

TEST_CASE("a backend leaves after `fall` failures in a row, and a pass begins the count anew")
{
    CHECK(after(fresh, {pass, fail, fail}) == checked_state::up);
    CHECK(after(fresh, {pass, fail, fail, fail}) == checked_state::down);
    CHECK(after(fresh, {pass, fail, fail, pass, fail, fail}) == checked_state::up);
}

TEST_CASE("a backend comes back after `rise` passes in a row")
{
    CHECK(after(fresh, {fail, pass}) == checked_state::down);
    CHECK(after(fresh, {fail, pass, pass}) == checked_state::up);
    CHECK(after(fresh, {fail, pass, fail, pass}) == checked_state::down);
}

TEST_CASE("one 503 drains, and `rise` passes end it")
{
    CHECK(after(fresh, {pass, drain}) == checked_state::draining);
    CHECK(after(fresh, {pass, drain, pass}) == checked_state::draining);
    CHECK(after(fresh, {pass, drain, pass, pass}) == checked_state::up);
    CHECK(after(fresh, {pass, drain, pass, drain, pass}) == checked_state::draining);
}

TEST_CASE("a draining backend that fails is down, and a 503 of one that is down changes nothing")
{
    CHECK(after(fresh, {pass, drain, fail, fail, fail}) == checked_state::down);
    CHECK(after(fresh, {fail, drain, drain, drain}) == checked_state::down);
    CHECK(after(fresh, {fail, pass, drain, pass}) == checked_state::down);
}

TEST_CASE("on() tells changes, and only those")
{
    health_state state(1, 2);
    CHECK(state.on(pass));
    CHECK_FALSE(state.on(pass));
    CHECK_FALSE(state.on(fail));
    CHECK(state.on(fail));
    CHECK_FALSE(state.on(fail));
    CHECK(state.on(pass));
}

TEST_CASE("failures that add up are repeated so fast that all of them fit into one interval")
{
    health_state state(2, 3);
    CHECK(state.pause(3s) == 3s);
    state.on(pass);
    CHECK(state.pause(3s) == 3s);
    state.on(fail);
    CHECK(state.pause(3s) == 1s);
    state.on(fail);
    CHECK(state.pause(3s) == 1s);
    state.on(fail);
    REQUIRE(state.current() == checked_state::down);
    CHECK(state.pause(3s) == 3s);
    state.on(fail);
    CHECK(state.pause(3s) == 3s);
}

TEST_CASE("new limits keep the state")
{
    health_state state(1, 5);
    state.on(pass);
    state.on(fail);
    state.set_limits(1, 2);
    CHECK(state.current() == checked_state::up);
    state.on(fail);
    CHECK(state.current() == checked_state::down);
}

} // namespace fairlead::health
