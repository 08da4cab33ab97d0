#include "proxy/snat/kernel_sockets.hpp"

#include "proxy/net/address.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace fairlead;
using namespace fairlead::snat;

namespace {

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }
conf::cidr block(const char* text) { return conf::parse_cidr(text).value(); }

// A TCP socket that is bound, and connected or listening where a test says so; closed by a reset.
class held_socket
{
public:
    explicit held_socket(const char* address)
        : held_socket(ip(address))
    {}
    explicit held_socket(const conf::ip_address& address)
        : fd_(::socket(address.is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        const auto local = net::to_socket_address(address, 0);
        REQUIRE(::bind(fd_, local.data(), local.size) == 0);
    }
    held_socket(const held_socket&) = delete;
    held_socket& operator=(const held_socket&) = delete;
    ~held_socket()
    {
        const linger reset{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        ::close(fd_);
    }

    void listen() { REQUIRE(::listen(fd_, 8) == 0); }
    void connect(const held_socket& to) { connect(net::local_of(to.fd_)); }
    void connect(const net::socket_address& remote)
    {
        REQUIRE(::connect(fd_, remote.data(), remote.size) == 0);
    }
    std::uint16_t port() const { return net::port_of(net::local_of(fd_)); }

private:
    int fd_;
};

kernel_sockets opened() { return kernel_sockets::open().value(); }

std::vector<kernel_socket> connections(const socket_filter& filter)
{
    auto kernel = opened();
    std::vector<kernel_socket> out;
    REQUIRE_FALSE(kernel.list_connections(filter, out));
    return out;
}

bool contains(const std::vector<kernel_socket>& list, const kernel_socket& wanted)
{
    return std::ranges::find(list, wanted) != list.end();
}

} // namespace

TEST_CASE("the kernel lists a connection with both of its ends, and finds it by its tuple")
{
    for (const char* address : {"127.0.0.1", "::1"}) {
        CAPTURE(address);
        held_socket server(address);
        server.listen();
        held_socket client(address);
        client.connect(server);
        const tuple_destination to{ip(address), server.port()};
        CHECK(contains(connections({{}, {{1, 65'535}}}),
                       {ip(address), client.port(), to, socket_stage::connected}));
        auto kernel = opened();
        CHECK(kernel.find(ip(address), client.port(), to).value() == socket_stage::connected);
        const auto other = static_cast<std::uint16_t>(to.port - 1);
        CHECK(kernel.find(ip(address), client.port(), {to.ip, other}).value() == socket_stage::bound);
    }
}

TEST_CASE("a list holds the ports and the sources of its filter alone")
{
    held_socket server("127.0.0.1");
    server.listen();
    held_socket one("127.7.1.1");
    held_socket two("127.7.2.2");
    one.connect(server);
    two.connect(server);
    const auto port_of = [](const held_socket& each) { return conf::port_range{each.port(), each.port()}; };
    const auto sources_in = [](const socket_filter& filter) {
        std::vector<std::string> out;
        for (const auto& each : connections(filter))
            out.push_back(conf::to_string(each.source));
        std::ranges::sort(out);
        return out;
    };
    using names = std::vector<std::string>;
    const conf::port_ranges every{{1, 65'535}};
    CHECK(sources_in({{block("127.7.0.0/16")}, every}) == names{"127.7.1.1", "127.7.2.2"});
    CHECK(sources_in({{block("127.7.1.0/24")}, every}) == names{"127.7.1.1"});
    CHECK(sources_in({{block("fd00::/64"), block("127.7.2.2"), block("127.7.3.0/24")}, every}) ==
          names{"127.7.2.2"});
    conf::port_ranges both{port_of(one), port_of(two)};
    std::ranges::sort(both, {}, &conf::port_range::first);
    CHECK(sources_in({{block("127.7.0.0/16")}, both}) == names{"127.7.1.1", "127.7.2.2"});
    CHECK(sources_in({{block("127.7.0.0/16")}, {port_of(two)}}) == names{"127.7.2.2"});
    CHECK(sources_in({{block("127.7.1.0/24")}, {port_of(two)}}).empty());
}

TEST_CASE("as many sources as are filtered one by one make a program that the kernel takes")
{
    std::vector<conf::cidr> sources;
    for (std::size_t i = 0; i < most_filtered_sources; ++i) {
        sources.push_back(block(i % 2 == 0 ? "fd00::1" : "127.7.1.0/30"));
        sources.back().address.bytes[3] = static_cast<std::uint8_t>(4 * i);
    }
    held_socket server("127.0.0.1");
    server.listen();
    conf::ip_address last = sources.back().address;
    held_socket client(last);
    client.connect(server);
    const auto found = connections({sources, {{1, 9}, {20, 65'535}}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].port == client.port());
}

TEST_CASE("listeners are listed by their ports, and are nobody's connection")
{
    held_socket server("127.0.0.1");
    server.listen();
    auto kernel = opened();
    std::vector<kernel_socket> found;
    REQUIRE_FALSE(kernel.list_listeners({{server.port(), server.port()}}, found));
    CHECK(contains(found, {ip("127.0.0.1"), server.port(), {}, socket_stage::listening}));
    CHECK(kernel.find(ip("127.0.0.1"), server.port(), {ip("127.0.0.9"), 9}).value() == socket_stage::bound);
}

TEST_CASE("IPv4 spoken by an IPv6 socket is listed as IPv4")
{
    held_socket server("127.0.0.1");
    server.listen();
    held_socket client("::ffff:127.7.9.9");
    const int port = client.port();
    client.connect(net::to_socket_address(ip("::ffff:127.0.0.1"), server.port()));
    const auto found = connections({{block("127.7.9.9")}, {{1, 65'535}}});
    REQUIRE(found.size() == 1);
    CHECK(found[0].source == ip("127.7.9.9"));
    CHECK(found[0].destination.ip == ip("127.0.0.1"));
    CHECK(found[0].port == port);
}
