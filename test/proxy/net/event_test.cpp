#include "proxy/net/event.hpp"

#include "test/support/event_loop.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace fairlead;

namespace {

net::task<bool> wait_for(net::event& what)
{
    co_await what.wait();
    co_return what.is_set();
}

} // namespace

TEST_CASE("an event that was set before is not waited for")
{
    test::event_loop loop;
    net::event ready(loop.executor());
    CHECK_FALSE(ready.is_set());
    ready.set();
    CHECK(ready.is_set());
    CHECK(loop.finish(wait_for(ready)));
}

TEST_CASE("setting an event wakes who waits for it, in a later turn of the loop")
{
    std::optional<bool> woken;
    test::event_loop loop;
    net::event ready(loop.executor());
    loop.start(wait_for(ready), woken);
    loop.turn();
    CHECK_FALSE(woken.has_value());
    ready.set();
    CHECK_FALSE(woken.has_value());
    loop.turn();
    CHECK(woken == true);
}

TEST_CASE("an event that ends unset takes its waiter's coroutine with it")
{
    std::optional<bool> woken;
    test::event_loop loop;
    auto never = std::make_unique<net::event>(loop.executor());
    loop.start(wait_for(*never), woken);
    loop.turn();
    never.reset();
    loop.turn();
    CHECK_FALSE(woken.has_value());
}
