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
