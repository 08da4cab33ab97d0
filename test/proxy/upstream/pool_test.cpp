#include "proxy/upstream/pool.hpp"

#include <doctest/doctest.h>

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
    auto written = options("chat", {"10.0.0.1:80"});
    written.response_timeout = 7s;
    written.balance = conf::balance_kind::least_connections;
    const pool built(written, timeouts, registry, ledger);
    CHECK(built.name() == "chat");
    CHECK(built.balance() == conf::balance_kind::least_connections);
    CHECK(built.connect_timeout() == 3s);
    CHECK(built.response_timeout() == 7s);
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
