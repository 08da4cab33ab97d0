#include "proxy/upstream/health_checker.hpp"
#include "test/proxy/upstream/dialling.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace fairlead::upstream {
namespace {

using namespace std::chrono_literals;
using fairlead::test::listener;
using fairlead::test::peer;
using test::dialling;
using test::ip;
using enum health::checked_state;

// One pool whose backends are checked by TCP, as often as may be.
struct checking_loop
{
    explicit checking_loop(const std::string& backend, const std::string& source = "")
    {
        options.name = "chat";
        options.backends.push_back({conf::parse_endpoint(backend).value(), 1, {}});
        if (!source.empty()) options.source.push_back(conf::parse_cidr(source).value());
        options.ports = {{31'000, 31'999}};
        options.health.emplace();
        options.health->timing = {100ms, 100ms, 1, 1};
    }

    void apply()
    {
        from = std::make_shared<const pool>(options, conf::timeout_options{}, registry, ledger);
        checker.apply({from}, {options});
    }

    backend& checked() { return *from->backends().front(); }

    fairlead::test::event_loop loop;
    backend_registry registry;
    snat::tuple_ledger ledger;
    conf::pool_options options;
    std::shared_ptr<const pool> from;
    std::vector<health::checked_state> changes;
    health_checker checker{loop.executor().context(), [this] { changes.push_back(checked().checked()); }};
};

} // namespace

TEST_CASE("a backend is up while any of its addresses is, and down when none is")
{
    std::optional<listener> at(std::in_place, "127.0.0.1");
    const auto port = at->port();
    checking_loop one("app.test:" + std::to_string(port));
    one.apply();
    CHECK(one.checked().checked() == checking);
    one.checked().publish({ip("127.0.0.1"), ip("127.0.0.77")});
    one.apply(); // follows the names at once
    one.loop.wait_for([&] {
        return one.checked().checked() == up &&
               one.checked().dead_addresses() == resolved_set{ip("127.0.0.77")};
    });

    at.reset();
    one.loop.wait_for([&] { return one.checked().checked() == down; });
    CHECK(one.checked().dead_addresses().empty());
    CHECK(one.checker.find(one.checked())->reason.find("refused") != std::string::npos);

    at.emplace(net::to_socket_address(ip("127.0.0.77"), port));
    one.loop.wait_for([&] { return one.checked().checked() == up; });
    CHECK(one.checked().dead_addresses() == resolved_set{ip("127.0.0.1")});
    CHECK(one.changes == std::vector<health::checked_state>{up, down, up});
    CHECK(one.checker.find(one.checked())->cells->seconds.count() >= 4);
}

TEST_CASE("addresses that a name loses are not checked any more")
{
    listener at("127.0.0.1", 256);
    checking_loop one("app.test:" + std::to_string(at.port()));
    one.apply();
    one.checked().publish({ip("127.0.0.1"), ip("127.0.0.77")});
    one.loop.wait_for([&] { return !one.checked().dead_addresses().empty(); }); // by the look of each second
    one.checked().publish({ip("127.0.0.77")});
    one.loop.wait_for([&] { return one.checked().checked() == down; });
}

TEST_CASE("checks come from the pool's first source address and take none of its ports")
{
    listener at;
    checking_loop one("127.0.0.1:" + std::to_string(at.port()), "127.0.0.5");
    one.apply();
    one.loop.wait_for([&] { return at.has_client(); });
    const peer client = at.accept();
    const auto remote = net::ip_port_of(net::peer_of(client.fd()));
    REQUIRE(remote);
    CHECK(conf::to_string(remote->ip) == "127.0.0.5");
    CHECK_FALSE((remote->port >= 31'000 && remote->port <= 31'999));
}

TEST_CASE("a backend that is not checked any more is taken to be up, and one that still is keeps its state")
{
    checking_loop one(test::refusing_address());
    one.apply();
    one.loop.wait_for([&] { return one.checked().checked() == down; });
    one.options.health->timing.every = 1h;
    one.apply();
    CHECK(one.checked().checked() == down);
    one.options.health.reset();
    one.apply();
    CHECK(one.checked().checked() == checking);
    CHECK(one.checker.find(one.checked()) == nullptr);
}

TEST_CASE("a check that is asked more often is not waited for as long as before")
{
    // Not refusing_address(), whose port stays taken: a listener is to come back to this one.
    const std::string address = "127.0.0.1:" + std::to_string(listener().port());
    checking_loop one(address);
    one.options.health->timing.every = 1h;
    one.apply();
    one.loop.wait_for([&] { return one.checked().checked() == down; });
    const listener back(net::to_socket_address(ip("127.0.0.1"), one.checked().address().port));
    one.options.health->timing.every = 100ms;
    one.apply();
    one.loop.wait_for([&] { return one.checked().checked() == up; });
}

TEST_CASE("a check under way that is asked otherwise now is given up, and its verdict counts for nothing")
{
    listener at; // which answers nothing
    checking_loop one("127.0.0.1:" + std::to_string(at.port()));
    one.options.health->kind = conf::check_kind::http;
    one.options.health->path = "/";
    one.options.health->timing = {1h, 1h, 1, 1};
    one.apply();
    one.loop.wait_for([&] { return at.has_client(); });
    const peer asked = at.accept();
    one.options.health->kind = conf::check_kind::tcp;
    one.apply();
    one.loop.wait_for([&] { return one.checked().checked() == up; });
    CHECK(one.changes == std::vector<health::checked_state>{up});
}

TEST_CASE("more backends than may be checked at once are all checked")
{
    std::vector<std::unique_ptr<listener>> listeners;
    checking_loop one(test::refusing_address());
    for (int i = 0; i < 150; ++i) {
        listeners.push_back(std::make_unique<listener>());
        const auto text = "127.0.0.1:" + std::to_string(listeners.back()->port());
        one.options.backends.push_back({conf::parse_endpoint(text).value(), 1, {}});
    }
    one.apply();
    one.loop.wait_for([&] {
        return std::ranges::none_of(one.from->backends(),
                                    [](const auto& each) { return each->checked() == checking; });
    });
    CHECK(one.checked().checked() == down);
    CHECK(one.from->backends()[150]->checked() == up);
}

} // namespace fairlead::upstream
