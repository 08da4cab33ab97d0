#include "proxy/upstream/request_queue.hpp"

#include "proxy/upstream/backend.hpp"
#include "test/support/event_loop.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace fairlead;
using namespace fairlead::upstream;
using namespace std::chrono_literals;
using metrics::queue_end;
using news = queue_place::news;

namespace {

struct bench
{
    explicit bench(std::uint32_t length = 10, conf::duration timeout = 5s)
    {
        queue->configure(conf::queue_options{length, timeout});
        for (int i = 0; i < 2; ++i) {
            conf::endpoint address;
            address.text = "10.0.0.1:" + std::to_string(i);
            backends.push_back(std::make_shared<backend>("p", address, 1, queue));
            backends.back()->set_max_connections(1);
            held.push_back(backends.back()->admit());
        }
    }

    struct request
    {
        explicit request(bench& owner)
            : place(owner.queue, owner.backends, owner.loop.executor(), owner.loop.wheel())
        {}

        std::shared_ptr<backend> wanted;
        std::optional<news> heard;
        queue_place place;
    };

    std::unique_ptr<request> join(std::shared_ptr<backend> wanted = nullptr)
    {
        auto made = std::make_unique<request>(*this);
        made->wanted = wanted;
        REQUIRE(made->place.join(std::move(wanted)));
        wait(*made);
        return made;
    }

    void wait(request& of)
    {
        of.heard.reset();
        loop.start(of.place.wait(of.wanted), of.heard);
        loop.turn();
    }

    void make_room(std::size_t at)
    {
        held[at].reset();
        loop.turn();
    }

    double ended(queue_end how) const { return static_cast<double>(queue->cells().ended[how].value()); }

    std::shared_ptr<request_queue> queue = std::make_shared<request_queue>();
    fairlead::test::event_loop loop;
    std::vector<std::shared_ptr<backend>> backends;
    std::vector<backend_use> held;
};

} // namespace

TEST_SUITE_BEGIN("request queue");

TEST_CASE("room calls the first who waits, and the next one when that is served")
{
    bench at;
    const auto first = at.join();
    const auto second = at.join();
    CHECK(at.queue->waiting() == 2);
    CHECK(at.queue->waiting_for_any() == 2);
    at.make_room(0);
    CHECK(first->heard == news::called);
    CHECK(first->place.called_for() == at.backends[0].get());
    CHECK_FALSE(second->heard);
    CHECK(at.queue->waiting_for_any() == 2); // nobody passes who is called
    const backend_use taken = at.backends[0]->admit();
    first->place.serve();
    at.loop.turn();
    CHECK_FALSE(second->heard);
    at.make_room(1);
    CHECK(second->heard == news::called);
    CHECK(second->place.called_for() == at.backends[1].get());
    second->place.serve();
    CHECK(at.queue->waiting() == 0);
    CHECK(at.ended(queue_end::served) == 2);
    CHECK(at.queue->cells().seconds.count() == 2);
    CHECK(at.queue->cells().waiting.value() == 0);
}

TEST_CASE("who looked in vain keeps its place, and the call goes on while the room is there")
{
    bench at;
    const auto first = at.join();
    const auto second = at.join();
    at.make_room(0);
    REQUIRE(first->heard == news::called);
    at.wait(*first); // it could not use that one
    CHECK_FALSE(first->heard);
    CHECK(second->heard == news::called);
    {
        const backend_use taken = at.backends[0]->admit();
        at.wait(*second); // somebody has taken it
        CHECK_FALSE(second->heard);
        CHECK_FALSE(first->heard);
    }
    at.loop.turn();
    CHECK(first->heard == news::called); // before the second again
    CHECK_FALSE(second->heard);
}

TEST_CASE("who waits for one backend is called for that one alone, and stands in nobody's way")
{
    bench at;
    const auto own = at.join(at.backends[1]);
    const auto any = at.join();
    CHECK(at.backends[1]->awaited() == 1);
    CHECK(at.queue->waiting_for_any() == 1);
    at.make_room(0);
    CHECK_FALSE(own->heard);
    CHECK(any->heard == news::called);
    at.make_room(1);
    CHECK(own->heard == news::called);
    own->place.serve();
    CHECK(at.backends[1]->awaited() == 0);
}

TEST_CASE("room that was left just before a request joined is seen, and is given to the first")
{
    bench at;
    const auto first = at.join();
    at.held[0].reset(); // its call is under way
    const auto second = at.join();
    at.loop.turn();
    CHECK(first->heard == news::called);
    CHECK_FALSE(second->heard); // there is room for one
    bench empty;
    empty.held[1].reset();
    const auto late = empty.join();
    CHECK(late->heard == news::called);
}

TEST_CASE("a queue has a length, and who leaves makes a place")
{
    bench at(2);
    const auto first = at.join();
    auto second = at.join();
    bench::request third(at);
    CHECK_FALSE(third.place.join(nullptr));
    CHECK_FALSE(third.place.has_joined());
    CHECK(at.ended(queue_end::full) == 1);
    second->place.tell_to_leave();
    at.loop.turn();
    CHECK(second->heard == news::told_to_leave);
    second.reset();
    CHECK(at.ended(queue_end::client_left) == 1);
    CHECK(third.place.join(nullptr));
    at.queue->configure(std::nullopt);
    CHECK_FALSE(at.queue->takes_any());
    CHECK(at.queue->waiting() == 2); // who waits goes on
    bench::request fourth(at);
    CHECK_FALSE(fourth.place.join(nullptr));
}

TEST_CASE("time runs for each of them, and who was called and leaves passes the call on")
{
    bench at(10, 2s);
    auto first = at.join();
    const auto second = at.join();
    at.make_room(0);
    REQUIRE(first->heard == news::called);
    first.reset(); // its coroutine is over
    at.loop.turn();
    CHECK(second->heard == news::called);
    second->place.serve();
    auto third = at.join(at.backends[1]);
    at.loop.pass_time(1900ms);
    CHECK_FALSE(third->heard);
    at.loop.pass_time(2200ms);
    CHECK(third->heard == news::time_is_up);
    third.reset();
    CHECK(at.ended(queue_end::timeout) == 1);
    CHECK(at.backends[1]->awaited() == 0);
}

TEST_CASE("who waits for a backend that goes down is called to look elsewhere, and may change its wish")
{
    bench at;
    const auto own = at.join(at.backends[1]);
    at.backends[1]->set_checked(health::checked_state::down);
    const auto now = std::chrono::steady_clock::now();
    at.queue->call_for_room(at.backends, now);
    at.loop.turn();
    REQUIRE(own->heard == news::called);
    own->wanted = nullptr;
    at.wait(*own);
    CHECK(at.queue->waiting_for_any() == 1);
    CHECK(at.backends[1]->awaited() == 0);
    at.queue->call_for_room(at.backends, now);
    at.loop.turn();
    CHECK_FALSE(own->heard);
    at.make_room(0);
    CHECK(own->heard == news::called);
}

TEST_CASE("a raised limit calls as many as there is room for, once")
{
    bench at;
    std::vector<std::unique_ptr<bench::request>> all;
    for (int i = 0; i < 4; ++i)
        all.push_back(at.join());
    at.backends[0]->set_max_connections(3);
    for (int i = 0; i < 2; ++i) {
        at.queue->call_for_room(at.backends, std::chrono::steady_clock::now());
        at.loop.turn();
    }
    CHECK(all[1]->heard == news::called);
    CHECK_FALSE(all[2]->heard);
}

TEST_CASE("no room is lost between threads that take it, leave it and wait for it")
{
    constexpr int rounds = 2'000;
    constexpr int workers = 3;
    auto queue = std::make_shared<request_queue>();
    queue->configure(conf::queue_options{100, 60s});
    conf::endpoint address;
    address.text = "10.0.0.1:1";
    const std::vector<std::shared_ptr<backend>> one{std::make_shared<backend>("p", address, 1, queue)};
    one[0]->set_max_connections(1);
    std::array<int, workers> served{};
    const auto work = [&](int& count) {
        fairlead::test::event_loop loop;
        for (int i = 0; i < rounds; ++i) {
            backend_use use = queue->waiting_for_any() == 0 ? one[0]->admit() : backend_use();
            if (!use) {
                queue_place place(queue, one, loop.executor(), loop.wheel());
                if (!place.join(nullptr)) return;
                while (!use) {
                    const std::shared_ptr<backend> any;
                    if (loop.finish(place.wait(any)) != news::called) return;
                    use = one[0]->admit();
                }
                place.serve();
            }
            ++count;
        }
    };
    std::vector<std::thread> threads;
    for (int& each : served)
        threads.emplace_back([&work, &each] { work(each); });
    for (auto& each : threads)
        each.join();
    CHECK(served == std::array<int, workers>{rounds, rounds, rounds});
    CHECK(one[0]->live() == 0);
    CHECK(queue->waiting() == 0);
}

TEST_CASE("a backend admits up to its limit and counts connects under way")
{
    backend one("p", {}, 1);
    CHECK(one.room() > 1'000'000);
    {
        const backend_use before = one.admit();
        one.set_max_connections(2);
        const backend_use second = one.admit();
        CHECK(second);
        CHECK(one.is_full());
        CHECK_FALSE(one.admit());
        CHECK(one.live() == 2);
        one.set_max_connections(1);
        CHECK(one.room() == 0);
    }
    CHECK(one.live() == 0);
    const pending_connect first = one.begin_connect(1);
    CHECK(first);
    CHECK_FALSE(one.begin_connect(1));
    CHECK(one.begin_connect(0)); // no limit
    CHECK(one.pending() == 1);
}

TEST_SUITE_END();
