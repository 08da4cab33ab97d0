#include "proxy/server/homecoming.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace fairlead::server {
namespace {

using upstream::rebalance_state;

constexpr conf::rebalance_options ten_a_second{10, 20};

// A pool of two backends, and two workers with so many tunnels astray.
struct leading
{
    leading()
    {
        conf::pool_options options;
        options.name = "chat";
        for (const char* text : {"10.0.0.1:80", "10.0.0.2:80"})
            options.backends.push_back({conf::parse_endpoint(text).value(), 1, {}});
        of = std::make_shared<const upstream::pool>(options, conf::timeout_options{}, registry, ledger);
        second(); // only looks
    }

    void second()
    {
        led.step(*of, ten_a_second, astray.size(),
                 [this](std::size_t worker, std::uint64_t most, std::shared_ptr<homecoming::findings> told) {
                     ++looks;
                     if (worker == silent) return;
                     const std::uint64_t leaving = std::min(most, astray[worker]);
                     astray[worker] -= leaving;
                     closed += leaving;
                     (*told)[worker] = astray[worker] + 1;
                     if (!gets_home) astray[worker] += leaving;
                 });
    }

    // Seconds until it has ended.
    int run(int longest = 200)
    {
        int seconds = 0;
        for (; seconds < longest && led.is_leading(); ++seconds)
            second();
        return seconds;
    }

    void change() { of->backends()[0]->set_draining(!of->backends()[0]->is_draining()); }

    upstream::backend_registry registry;
    snat::tuple_ledger ledger;
    std::shared_ptr<const upstream::pool> of;
    homecoming led;
    std::vector<std::uint64_t> astray{60, 40};
    std::size_t silent = 99;
    bool gets_home = true;
    std::uint64_t closed = 0;
    std::size_t looks = 0;
};

} // namespace

TEST_CASE("nobody is led before the backends change, and then everybody at the rate")
{
    leading at;
    at.second();
    CHECK(at.looks == 0);
    at.change();
    at.second();
    CHECK(at.led.is_leading());
    CHECK(at.closed == 0); // the first look closes nobody
    at.second();
    CHECK(at.closed == 10);
    CHECK(at.led.astray() == 90);
    CHECK(at.run() == 10);
    CHECK(at.led.state() == rebalance_state::quiet);
    CHECK(at.closed == 100);
}

TEST_CASE("an operator who begins it as a backend changes has it begin once")
{
    leading at;
    at.astray = {0, 0};
    at.change();
    at.led.begin();
    at.second();
    at.second();
    CHECK(at.led.state() == rebalance_state::quiet);
    CHECK(at.looks == 2);
}

TEST_CASE("a worker that never tells is asked anew")
{
    leading at;
    at.silent = 1;
    at.led.begin();
    for (int i = 0; i < 10; ++i)
        at.second();
    CHECK(at.looks == 2);
    at.silent = 99;
    at.run();
    CHECK(at.led.state() == rebalance_state::quiet);
    CHECK(at.closed == 100);
}

TEST_CASE("tunnels that do not get home are left in peace after some looks")
{
    leading at;
    at.gets_home = false;
    at.led.begin();
    at.second();
    CHECK(at.run() < 20);
    CHECK(at.led.state() == rebalance_state::useless);
    CHECK(at.closed <= 120);
    const auto before = at.closed;
    for (int i = 0; i < 20; ++i)
        at.second();
    CHECK(at.closed == before);
    at.gets_home = true;
    at.change();
    at.second();
    at.run();
    CHECK(at.led.state() == rebalance_state::quiet);
}

TEST_CASE("a slow rate is not taken for tunnels that do not get home")
{
    leading at;
    constexpr conf::rebalance_options slow{0.05, 20};
    at.astray = {3, 0};
    at.led.begin();
    for (int i = 0; i < 100; ++i)
        at.led.step(*at.of, slow, 2,
                    [&](std::size_t worker, std::uint64_t most, std::shared_ptr<homecoming::findings> told) {
                        at.astray[worker] -= std::min(most, at.astray[worker]);
                        (*told)[worker] = at.astray[worker] + 1;
                    });
    CHECK(at.led.state() == rebalance_state::quiet);
    CHECK(at.astray[0] == 0);
}

} // namespace fairlead::server
