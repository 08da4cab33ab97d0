#include "proxy/net/socket_options.hpp"

#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

using namespace fairlead;
using namespace std::chrono_literals;

namespace {

int option(const test::peer& of, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(of.fd(), level, name, &value, &size) == 0);
    return value;
}

test::peer tcp_socket() { return test::peer(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

} // namespace

TEST_CASE("every option reaches the kernel, times in its units and rounded up")
{
    const auto made = tcp_socket();
    conf::socket_options options;
    options.not_sent_low_water = 32 * 1024;
    options.keepalive_idle = 20'001ms;
    options.keepalive_interval = 7s;
    options.keepalive_count = 3;
    options.user_timeout = 12'345ms;
    net::apply(options, made.fd(), AF_INET);
    CHECK(option(made, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(option(made, IPPROTO_TCP, TCP_NOTSENT_LOWAT) == 32 * 1024);
    CHECK(option(made, SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK(option(made, IPPROTO_TCP, TCP_KEEPIDLE) == 21);
    CHECK(option(made, IPPROTO_TCP, TCP_KEEPINTVL) == 7);
    CHECK(option(made, IPPROTO_TCP, TCP_KEEPCNT) == 3);
    CHECK(option(made, IPPROTO_TCP, TCP_USER_TIMEOUT) == 12'345);
}

TEST_CASE("an option that is off leaves the kernel's default")
{
    const auto untouched = tcp_socket();
    const auto made = tcp_socket();
    conf::socket_options options;
    options.no_delay = false;
    options.not_sent_low_water = 0;
    options.keepalive_idle = 0ms;
    options.user_timeout = 0ms;
    net::apply(options, made.fd(), AF_INET);
    for (const int name :
         {TCP_NODELAY, TCP_NOTSENT_LOWAT, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT})
        CHECK(option(made, IPPROTO_TCP, name) == option(untouched, IPPROTO_TCP, name));
    CHECK(option(made, SOL_SOCKET, SO_KEEPALIVE) == 0);
}

TEST_CASE("a Unix socket is left alone")
{
    const test::peer made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    net::apply({}, made.fd(), AF_UNIX);
    CHECK(option(made, SOL_SOCKET, SO_KEEPALIVE) == 0);
}

TEST_CASE("a connection has the options of the socket that listens, as they are when it comes")
{
    const auto listening = tcp_socket();
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof local;
    auto* const address = reinterpret_cast<sockaddr*>(&local);
    REQUIRE(::bind(listening.fd(), address, size) == 0);
    REQUIRE(::listen(listening.fd(), 4) == 0);
    REQUIRE(::getsockname(listening.fd(), address, &size) == 0);
    const auto accepted = [&] {
        const auto client = tcp_socket();
        REQUIRE(::connect(client.fd(), address, size) == 0);
        return test::peer(::accept(listening.fd(), nullptr, nullptr));
    };
    conf::socket_options options;
    options.keepalive_idle = 20s;
    options.user_timeout = 9s;
    net::apply(options, listening.fd(), AF_INET, net::socket_before::in_use);
    const auto first = accepted();
    CHECK(option(first, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(option(first, SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK(option(first, IPPROTO_TCP, TCP_KEEPIDLE) == 20);
    CHECK(option(first, IPPROTO_TCP, TCP_USER_TIMEOUT) == 9'000);
    CHECK(option(first, IPPROTO_TCP, TCP_NOTSENT_LOWAT) == 64 * 1024);
    options = {};
    options.no_delay = false;
    options.keepalive_idle = 0s;
    options.not_sent_low_water = 0;
    options.user_timeout = 0s;
    net::apply(options, listening.fd(), AF_INET, net::socket_before::in_use);
    const auto second = accepted();
    const auto untouched = tcp_socket();
    CHECK(option(second, SOL_SOCKET, SO_KEEPALIVE) == 0);
    for (const int name : {TCP_NODELAY, TCP_NOTSENT_LOWAT, TCP_USER_TIMEOUT})
        CHECK(option(second, IPPROTO_TCP, name) == option(untouched, IPPROTO_TCP, name));
}
