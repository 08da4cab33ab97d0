#include "proxy/websocket/drain_plan.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include <array>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace fairlead;
using websocket::origin_ref;

namespace {

struct bench final : websocket::tunnel_observer
{
    boost::asio::io_context io{1};
    net::timer_wheel wheel{1'000};
    metrics::worker_cells worker;
    metrics::tunnel_cells cells;
    websocket::origin_table origins;
    std::vector<int> peers;
    websocket::relay relay{io, wheel, worker, *this, {}};

    ~bench()
    {
        for (const int fd : peers)
            ::close(fd);
    }

    origin_ref origin(const std::string& backend, int tunnels)
    {
        origin_ref made = origins.obtain({"route", "pool", backend, true});
        made->cells = &cells;
        made->policy.close_timeout = 10;
        for (int i = 0; i < tunnels; ++i) {
            std::array<std::array<int, 2>, 2> fds{};
            for (auto& pair : fds) {
                REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()) == 0);
                peers.push_back(pair[1]);
            }
            websocket::tunnel_start begin;
            begin.client_fd = fds[0][0];
            begin.backend_fd = fds[1][0];
            begin.origin = made;
            relay.launch(std::move(begin));
        }
        return made;
    }

    void tunnel_ended(const websocket::tunnel&) noexcept override {}
};

} // namespace

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
