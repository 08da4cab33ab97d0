#include "proxy/upstream/dialer.hpp"

#include "test/conf/scratch_folder.hpp"
#include "test/proxy/upstream/dialling.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include <netinet/in.h>
#include <netinet/tcp.h>

using namespace fairlead;
using namespace std::chrono_literals;
using metrics::dial_failure;
using upstream::dial_result;
using upstream::test::dialling;
using upstream::test::ip;
using upstream::test::listener;
using upstream::test::peer;

TEST_CASE("a dial gives a connection to the backend, with the socket options set")
{
    const listener backend;
    dialling at;
    const auto pool = at.make_pool({net::to_string(backend.address())});
    dial_result made = at.dial(*pool);
    REQUIRE(made.has_value());
    peer accepted = backend.accept();
    CHECK(made->to == pool->backends()[0]);
    CHECK_FALSE(made->is_reused);
    CHECK_FALSE(made->source);
    CHECK_FALSE(at.loop.finish(made->stream.write("hello")));
    accepted.wait_readable();
    CHECK(accepted.take() == "hello");
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    CHECK(::getsockopt(made->stream.fd(), IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
    CHECK(no_delay != 0);
    CHECK(at.cells.dials.value() == 1);
    CHECK(at.cells.dial_seconds.count() == 1);
}

TEST_CASE("without a source, connect() is spared its slow search for a port (IP_LOCAL_PORT_RANGE)")
{
    const listener backend;
    dialling at;
    const auto pool = at.make_pool({net::to_string(backend.address())});
    dial_result made = at.dial(*pool);
    REQUIRE(made.has_value());
    constexpr int local_port_range = 51;
    std::uint32_t range = 0;
    socklen_t size = sizeof range;
    REQUIRE(::getsockopt(made->stream.fd(), IPPROTO_IP, local_port_range, &range, &size) == 0);
    CHECK(range == 0xffff'0400); // 1024 to 65535: the kernel's own range bounds it
}

TEST_CASE("a port where nobody listens refuses")
{
    dialling at;
    const auto pool = at.make_pool({upstream::test::refusing_address()});
    const dial_result made = at.dial(*pool);
    REQUIRE(made.has_error());
    CHECK(made.error() == dial_failure::refused);
    CHECK(at.cells.dials.value() == 1);
    CHECK(at.cells.dial_failures[dial_failure::refused].value() == 1);
    CHECK(at.cells.dial_seconds.count() == 0);
}

TEST_CASE("a backend that does not answer costs the connect timeout and no more")
{
    const listener backend("127.0.0.1", 0); // room for one; the kernel drops the SYN of the next
    const peer first = fairlead::test::connect_to(backend.address());
    const peer second = fairlead::test::connect_to(backend.address());
    dialling at;
    const auto pool = at.make_pool({net::to_string(backend.address())}, {"127.0.0.0/30"});
    std::optional<dial_result> made;
    const upstream::dial_request wanted{*pool, at.options, at.cells, at.ends};
    at.loop.start(at.dials.dial(wanted, pool->backends()[0]), made);
    at.loop.turn();
    CHECK(at.tuples() == 1);
    at.loop.pass_time(pool->connect_timeout() - 200ms);
    CHECK_FALSE(made.has_value());
    at.loop.pass_time(pool->connect_timeout() + 200ms);
    REQUIRE(made.has_value());
    REQUIRE(made->has_error());
    CHECK(made->error() == dial_failure::timeout);
    CHECK(at.tuples() == 0);
}

TEST_CASE("a dial that nobody needs any more ends at once and says nothing of the backend")
{
    const listener backend("127.0.0.1", 0); // as above
    const peer first = fairlead::test::connect_to(backend.address());
    const peer second = fairlead::test::connect_to(backend.address());
    dialling at;
    const auto pool = at.make_pool({net::to_string(backend.address())}, {"127.0.0.0/30"});
    upstream::dial_stop stop;
    const upstream::dial_request wanted{*pool, at.options, at.cells, at.ends, {}, nullptr, &stop};
    std::optional<dial_result> made;
    at.loop.start(at.dials.dial(wanted, pool->backends()[0]), made);
    at.loop.turn();
    CHECK(at.tuples() == 1);
    CHECK_FALSE(made.has_value());
    stop.tell();
    at.loop.turn();
    REQUIRE(made.has_value());
    CHECK(made->has_error());
    CHECK(at.tuples() == 0);
    for (const dial_failure each : metrics::by<dial_failure, metrics::counter>::keys())
        CHECK(at.cells.dial_failures[each].value() == 0);
}

TEST_CASE("the source address of the pool is what the backend sees")
{
    const listener backend;
    dialling at;
    const auto pool = at.make_pool({net::to_string(backend.address())}, {"127.0.0.7"});
    {
        const dial_result made = at.dial(*pool);
        REQUIRE(made.has_value());
        const peer accepted = backend.accept();
        CHECK(net::ip_of(net::peer_of(accepted.fd())) == ip("127.0.0.7"));
        CHECK(made->source.source() == ip("127.0.0.7"));
        CHECK(at.tuples() == 1);
    }
    CHECK(at.tuples() == 0);
}

TEST_CASE("dials spread over the sources of the pool")
{
    const listener backend;
    dialling at;
    const auto pool = at.make_pool({net::to_string(backend.address())}, {"127.0.0.4/30"});
    std::vector<upstream::connection> kept;
    std::set<std::string> seen;
    for (int i = 0; i < 4; ++i) {
        dial_result made = at.dial(*pool);
        REQUIRE(made.has_value());
        seen.insert(conf::to_string(made->source.source()));
        kept.push_back(std::move(*made));
    }
    CHECK(seen == std::set<std::string>{"127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"});
}

TEST_CASE("a source that cannot be used (EADDRNOTAVAIL) is set aside and the next one taken")
{
    const listener backend;
    dialling at;
    // 198.51.100.0/24 is for documentation (RFC 5737): no address of this machine.
    const auto pool = at.make_pool({net::to_string(backend.address())}, {"198.51.100.0/29", "127.0.0.7"});
    for (int i = 0; i < 3; ++i) {
        const dial_result made = at.dial(*pool);
        REQUIRE(made.has_value());
        CHECK(made->source.source() == ip("127.0.0.7"));
    }
    CHECK(at.tuples() == 0);
    CHECK(at.cells.dials.value() == 3);
}

TEST_CASE("when no source can be used the ports are exhausted, which the backend has nothing to do with")
{
    const listener backend;
    dialling at;
    SUBCASE("none is an address of this machine")
    {
        const auto pool = at.make_pool({net::to_string(backend.address())}, {"198.51.100.0/30"});
        CHECK(at.dial(*pool).error() == dial_failure::ports_exhausted);
    }
    SUBCASE("none has the backend's family")
    {
        const auto pool = at.make_pool({net::to_string(backend.address())}, {"::1"});
        CHECK(at.dial(*pool).error() == dial_failure::ports_exhausted);
    }
    CHECK(at.cells.dial_failures[dial_failure::ports_exhausted].value() == 1);
    CHECK_FALSE(backend.has_client());
    CHECK(at.tuples() == 0);
}

TEST_CASE("a full tuple space refuses before the kernel is asked, until a connection ends")
{
    const listener backend;
    dialling at;
    conf::pool_options written;
    written.name = "small";
    written.backends.push_back({conf::parse_endpoint(net::to_string(backend.address())).value(), 1, {}});
    written.source = {conf::parse_cidr("127.0.0.7").value()};
    written.ports = {{31'000, 31'000}};
    const upstream::pool pool(written, {}, at.registry, at.ledger);
    {
        const dial_result first = at.dial(pool);
        REQUIRE(first.has_value());
        CHECK(at.dial(pool).error() == dial_failure::ports_exhausted);
        backend.accept(); // and ended first by the backend, so that the tuple is free with our end
    }
    CHECK(at.dial(pool).has_value());
}

TEST_CASE("a backend may be a Unix socket")
{
    const conf::scratch_folder folder;
    const std::string path = (folder.path() / "app.sock").string();
    dialling at;
    const auto pool = at.make_pool({"unix:" + path}, {"127.0.0.7"});
    CHECK(at.dial(*pool).error() == dial_failure::refused); // no such file
    listener backend(net::to_socket_address(path).value(), 0);
    {
        dial_result made = at.dial(*pool);
        REQUIRE(made.has_value());
        CHECK_FALSE(made->source);
        peer accepted = backend.accept();
        CHECK_FALSE(at.loop.finish(made->stream.write("hello")));
        CHECK(accepted.take() == "hello");
    }
    const dial_result waiting = at.dial(*pool);
    REQUIRE(waiting.has_value());
    CHECK(at.dial(*pool).error() == dial_failure::refused); // its queue is full
    backend.close();
    CHECK(at.dial(*pool).error() == dial_failure::refused); // the file is there, nobody listens
}

TEST_CASE("every address of a name is tried, once")
{
    const listener backend("127.0.0.3");
    dialling at;
    const auto pool = at.make_pool({"app.internal:" + std::to_string(backend.port())});
    CHECK(at.dial(*pool).error() == dial_failure::unresolved);
    pool->backends()[0]->publish({ip("127.0.0.2"), ip("127.0.0.3")});
    for (int i = 0; i < 4; ++i) {
        dial_result made = at.dial(*pool);
        REQUIRE(made.has_value());
        CHECK(net::ip_of(net::peer_of(made->stream.fd())) == ip("127.0.0.3"));
    }
    CHECK(at.cells.dials.value() == 5);
    CHECK(at.cells.dial_failures[dial_failure::unresolved].value() == 1);
    pool->backends()[0]->publish({ip("127.0.0.2"), ip("127.0.0.4")});
    CHECK(at.dial(*pool).error() == dial_failure::refused);
}

TEST_CASE("the addresses of a name share its dials")
{
    const listener first("127.0.0.3");
    const auto other = net::to_socket_address(ip("127.0.0.4"), first.port());
    const listener second(other);
    dialling at;
    const auto pool = at.make_pool({"app.internal:" + std::to_string(first.port())});
    pool->backends()[0]->publish({ip("127.0.0.3"), ip("127.0.0.4")});
    for (int i = 0; i < 4; ++i)
        CHECK(at.dial(*pool).has_value());
    for (int i = 0; i < 2; ++i) {
        CHECK(first.has_client());
        CHECK(second.has_client());
        first.accept();
        second.accept();
    }
}

TEST_CASE("the addresses of a name fill to the last tuple, the emptier one first")
{
    // Seven addresses of one port: more than may fail in one dial, and full ones are no failures.
    std::vector<listener> listeners;
    upstream::resolved_set addresses;
    listeners.emplace_back("127.0.1.1");
    const auto port = listeners.front().port();
    for (int last = 1; last <= 7; ++last) {
        addresses.push_back(ip("127.0.1." + std::to_string(last)));
        if (last > 1) listeners.emplace_back(net::to_socket_address(addresses.back(), port));
    }
    dialling at;
    conf::pool_options written;
    written.name = "small";
    written.backends.push_back({conf::parse_endpoint("app:" + std::to_string(port)).value(), 1, {}});
    written.source = {conf::parse_cidr("127.0.0.7").value()};
    written.ports = {{31'010, 31'012}};
    const upstream::pool pool(written, {}, at.registry, at.ledger);
    pool.backends()[0]->publish(addresses);
    std::vector<upstream::connection> kept;
    std::map<std::string, int> seen;
    for (int i = 0; i < 21; ++i) {
        dial_result made = at.dial(pool);
        REQUIRE(made.has_value());
        const int count = ++seen[net::to_string(net::peer_of(made->stream.fd()))];
        CHECK(count <= 1 + i / 7);
        kept.push_back(std::move(*made));
    }
    CHECK(upstream::has_free_tuple(pool, *pool.backends()[0]) == false);
    CHECK(at.dial(pool).error() == dial_failure::ports_exhausted);
    CHECK(at.cells.foreign_ports.value() == 0);
}

TEST_CASE("an address that failed is dialled after the others, though it is the emptiest")
{
    const listener dead("127.0.0.2", 0); // room for one; the kernel drops the SYN of the next
    const peer first = fairlead::test::connect_to(dead.address());
    const peer second = fairlead::test::connect_to(dead.address());
    const listener alive(net::to_socket_address(ip("127.0.0.3"), dead.port()));
    dialling at;
    const auto pool = at.make_pool({"app:" + std::to_string(dead.port())}, {"127.0.0.7"});
    pool->backends()[0]->publish({ip("127.0.0.2"), ip("127.0.0.3")});
    const upstream::dial_request wanted{*pool, at.options, at.cells, at.ends};
    std::optional<dial_result> slow;
    at.loop.start(at.dials.dial(wanted, pool->backends()[0]), slow);
    at.loop.turn();
    CHECK_FALSE(slow.has_value());
    at.loop.pass_time(pool->connect_timeout() + 200ms);
    REQUIRE(slow.has_value());
    REQUIRE(slow->has_value());
    std::optional<dial_result> quick;
    at.loop.start(at.dials.dial(wanted, pool->backends()[0]), quick);
    at.loop.turn();
    REQUIRE(quick.has_value());
    CHECK(quick->has_value());
}

TEST_CASE("addresses that their checks found down come last")
{
    const listener backend;
    dialling at;
    const auto pool = at.make_pool({"app.test:" + std::to_string(backend.port())});
    auto& to = *pool->backends()[0];
    to.publish({ip("127.0.0.1"), ip("127.0.0.66")}); // the second refuses
    to.publish_dead({ip("127.0.0.66")});
    for (int i = 0; i < 4; ++i)
        CHECK(at.dial(*pool).has_value());
    to.publish_dead({ip("127.0.0.1")});
    for (int i = 0; i < 4; ++i)
        CHECK(at.dial(*pool).has_value()); // after the other, which a dial finds to be dead
}
