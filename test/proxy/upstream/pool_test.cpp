#include "proxy/upstream/pool.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string>

using namespace fairlead;
using namespace fairlead::upstream;
using namespace std::chrono_literals;

namespace {

conf::pool_options options(std::string name, std::initializer_list<const char*> addresses)
{
    conf::pool_options out;
    out.name = std::move(name);
    for (const auto* text : addresses)
        out.backends.push_back({conf::parse_endpoint(text).value(), 1, {}});
    return out;
}

} // namespace

TEST_CASE("a pool takes its own timeouts and else the general ones")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    conf::timeout_options timeouts;
    timeouts.connect = 3s;
    timeouts.response = 40s;
    timeouts.total = 50s;
    auto written = options("chat", {"10.0.0.1:80"});
    written.response_timeout = 7s;
    written.balance = conf::balance_kind::least_connections;
    const pool built(written, timeouts, registry, ledger);
    CHECK(built.name() == "chat");
    CHECK(built.balance() == conf::balance_kind::least_connections);
    CHECK(built.connect_timeout() == 3s);
    CHECK(built.response_timeout() == 7s);
    CHECK(built.total_timeout() == 50s);
    CHECK(built.backoff().initial == 1s);
    CHECK(built.backoff().maximum == 30s);
    CHECK(built.source() == nullptr);
}

TEST_CASE("a pool with sources dials from them")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80"});
    written.source = {conf::parse_cidr("10.0.1.0/30").value()};
    const pool built(written, {}, registry, ledger);
    REQUIRE(built.source() != nullptr);
    CHECK(built.source()->source_count(false) == 4);
}

TEST_CASE(
    "a reload keeps the backends that stay, with their counts, failures and weights until it is in force")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto before = std::make_shared<const pool>(options("chat", {"10.0.0.1:80", "10.0.0.2:80"}),
                                               conf::timeout_options{}, registry, ledger);
    backend_use tunnel(*before->backends()[0]);
    before->backends()[0]->backoff().fail({}, steady_time{1s}, before->backoff());

    auto written = options("chat", {"10.0.0.3:80", "10.0.0.1:80"});
    written.backends[1].weight = 5;
    const pool after(written, {}, registry, ledger);
    CHECK(after.backends()[1] == before->backends()[0]);
    CHECK(after.backends()[1]->live() == 1);
    CHECK(after.backends()[1]->weight() == 1); // the caller sets it when the configuration is in force
    CHECK(after.backends()[1]->backoff().failures() == 1);
    CHECK(after.backends()[0]->live() == 0);
}

TEST_CASE("the same address in two pools is two backends")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    const pool one(options("one", {"10.0.0.1:80"}), {}, registry, ledger);
    const pool two(options("two", {"10.0.0.1:80"}), {}, registry, ledger);
    CHECK(one.backends()[0] != two.backends()[0]);
    CHECK(registry.all().size() == 2);
}

TEST_CASE("a backend that no pool lists is forgotten when its last connection has ended")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto gone = std::make_shared<const pool>(options("chat", {"10.0.0.1:80", "10.0.0.2:80"}),
                                             conf::timeout_options{}, registry, ledger);
    backend_use tunnel(*gone->backends()[0]);
    CHECK(registry.sweep() == 0);
    gone.reset();
    CHECK(registry.sweep() == 1);
    REQUIRE(registry.all().size() == 1);
    CHECK(registry.all()[0]->live() == 1);
    tunnel.reset();
    CHECK(registry.sweep() == 1);
    CHECK(registry.all().empty());
}

TEST_CASE("a pool ejects what fails, and no more of it than it may")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80"});
    written.eject.emplace();
    written.eject->failures = 2;
    written.eject->max_ejected = 50;
    const pool built(written, {}, registry, ledger);
    const auto now = std::chrono::steady_clock::now();
    const auto fail_twice = [&](std::size_t which) {
        backend& one = *built.backends()[which];
        for (int i = 0; i < 2; ++i)
            built.record_failure(one, health::failure_kind::broken, now);
        return one.ejection().is_out(now);
    };
    CHECK(fail_twice(0));
    CHECK(fail_twice(1));
    CHECK_FALSE(fail_twice(2));
    CHECK(built.backends()[2]->ejection().withheld() == 1);
    built.backends()[0]->ejection().forgive();
    built.backends()[3]->set_checked(health::checked_state::down);
    CHECK_FALSE(fail_twice(2));
    built.backends()[3]->set_checked(health::checked_state::up);
    CHECK(fail_twice(2));
}

TEST_CASE("an answer is a failure where its status is listed, and nothing is where there is no eject")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80", "10.0.0.2:80"});
    const pool without(written, {}, registry, ledger);
    backend& one = *without.backends()[0];
    without.record_answer(one, 502);
    CHECK(one.ejection().is_quiet());
    written.eject.emplace();
    written.eject->failures = 2;
    const pool built(written, {}, registry, ledger);
    built.record_answer(one, 500);
    CHECK(one.ejection().is_quiet());
    built.record_answer(one, 502);
    CHECK_FALSE(one.ejection().is_quiet());
    built.record_answer(one, 504);
    CHECK(one.ejection().is_out(std::chrono::steady_clock::now()));
    CHECK(one.ejection().last_failure() == health::failure_kind::status);
}

TEST_CASE("a pool compares how long its backends take, and ejects who is much slower, within its bound")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"});
    written.eject.emplace();
    written.eject->slow_factor = 3;
    written.eject->slow_answers = 5;
    const pool built(written, {}, registry, ledger);
    REQUIRE(built.measures_answers());
    const auto now = std::chrono::steady_clock::now();
    const auto answer = [&](std::size_t which, std::chrono::milliseconds took, unsigned status = 200) {
        for (int i = 0; i < 5; ++i)
            built.record_answer_time(which, status, took);
    };
    answer(0, 1ms, 500); // errors are quick
    answer(1, 1ms, 500);
    answer(2, 200ms);
    CHECK(built.eject_slow(now).empty());
    answer(0, 40ms);
    answer(1, 1s);
    answer(2, 40ms);
    const auto slow = built.eject_slow(now);
    REQUIRE(slow.size() == 1);
    CHECK(slow[0].position == 1);
    CHECK(built.backends()[1]->ejection().is_out(now));
    CHECK(built.backends()[1]->ejection().last_failure() == health::failure_kind::slow);
    CHECK(built.eject_slow(now).empty()); // nothing new was seen
    answer(0, 40ms);
    answer(1, 1ms); // what it had begun before it was ejected
    answer(2, 1s);
    CHECK(built.eject_slow(now).empty()); // of three, one may be out
    CHECK(built.backends()[2]->ejection().withheld() == 1);
}

TEST_CASE("a pool without slow_factor measures nothing")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80"});
    written.eject.emplace();
    const pool built(written, {}, registry, ledger);
    CHECK_FALSE(built.measures_answers());
    built.record_answer_time(0, 200, 1s);
    CHECK(built.eject_slow(std::chrono::steady_clock::now()).empty());
}

TEST_CASE("values are home where they can be reached: not where a backend refuses, or a name has no address")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80", "app.test:80"});
    written.sticky.emplace();
    written.sticky->by = conf::sticky_key::path;
    const pool built(written, {}, registry, ledger);
    const auto now = std::chrono::steady_clock::now();
    backend& refusing = *built.backends()[0];
    backend& named = *built.backends()[1];
    const auto homes = [&](steady_time at) {
        std::set<std::optional<std::uint32_t>> out;
        for (std::uint32_t key = 1; key <= 64; ++key)
            out.insert(built.home_of(hash_of_value(std::to_string(key)), at));
        return out;
    };
    CHECK(homes(now) == std::set<std::optional<std::uint32_t>>{0});
    named.publish({conf::parse_ip_address("10.0.0.2").value()});
    CHECK(homes(now).size() == 2);
    refusing.backoff().fail({}, now, {1s, 1s});
    CHECK(homes(now) == std::set<std::optional<std::uint32_t>>{1});
    CHECK(homes(now + 1h) == std::set<std::optional<std::uint32_t>>{1}); // due, and not tried yet
    refusing.backoff().succeed();
    CHECK(homes(now).size() == 2);
}

TEST_CASE("a pool panics below its threshold")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"});
    written.panic_threshold = 50;
    const pool built(written, {}, registry, ledger);
    const auto now = std::chrono::steady_clock::now();
    built.backends()[0]->set_checked(health::checked_state::down);
    CHECK_FALSE(built.in_charge(now).panics);
    built.backends()[1]->set_checked(health::checked_state::draining);
    CHECK(built.in_charge(now).panics);
    built.backends()[1]->set_draining(true); // an operator's: one of two
    CHECK_FALSE(built.in_charge(now).panics);
}

TEST_CASE("hedges take of the retries' budget, and of their own")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80", "10.0.0.2:80"});
    written.hedge.emplace().max_share = 10;
    written.retry.emplace().budget = 20;
    const pool both(written, {}, registry, ledger);
    for (int i = 0; i < 4; ++i)
        REQUIRE(both.retries().spend());
    int taken = 0;
    while (both.take_hedge())
        ++taken;
    CHECK(taken == 6);
    for (int i = 0; i < 10; ++i)
        both.earn_repeats();
    CHECK(both.retries().spend());
    CHECK(both.take_hedge());
    CHECK_FALSE(both.take_hedge());
    CHECK_FALSE(both.retries().spend());
    // What a used-up common budget refused is not lost to the hedges' own.
    for (int i = 0; i < 5; ++i)
        both.earn_repeats();
    CHECK(both.take_hedge());
}

TEST_CASE("without retries hedges have their own share alone")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80", "10.0.0.2:80"});
    written.hedge.emplace().max_share = 50;
    const pool alone(written, {}, registry, ledger);
    for (int i = 0; i < 10; ++i)
        REQUIRE(alone.take_hedge());
    CHECK_FALSE(alone.take_hedge());
    alone.earn_repeats();
    CHECK_FALSE(alone.take_hedge());
    alone.earn_repeats();
    CHECK(alone.take_hedge());
}

TEST_CASE("a hedge waits as long as it is told, or as answers took, errors apart")
{
    backend_registry registry;
    snat::tuple_ledger ledger;
    auto written = options("chat", {"10.0.0.1:80"});
    written.hedge.emplace().after = 30ms;
    CHECK(pool(written, {}, registry, ledger).hedge_delay() == 30ms);
    written.hedge = conf::hedge_options{.per_mille = 950, .at_least = 10ms};
    const pool learning(written, {}, registry, ledger);
    CHECK(learning.hedge_delay() == 0ms);
    for (int i = 0; i < 128; ++i)
        learning.record_hedgeable(500, 1s);
    CHECK(learning.hedge_delay() == 0ms);
    for (int i = 0; i < 128; ++i)
        learning.record_hedgeable(200, 1ms);
    CHECK(learning.hedge_delay() == 10ms);
    for (int i = 0; i < 1'280; ++i)
        learning.record_hedgeable(200, 40ms);
    CHECK(learning.hedge_delay() >= 40ms);
    CHECK(learning.hedge_delay() <= 48ms);
}
