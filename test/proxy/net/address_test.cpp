#include "proxy/net/address.hpp"

#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <string>

#include <netinet/in.h>
#include <sys/un.h>

using namespace fairlead;

namespace {

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

} // namespace

TEST_CASE("an IP address and its port go to the kernel's form and back")
{
    for (const char* text : {"10.1.2.3", "0.0.0.0", "255.255.255.255", "fd00::1", "::"}) {
        CAPTURE(text);
        const auto address = net::to_socket_address(ip(text), 8080);
        CHECK(address.family() == (ip(text).is_v6 ? AF_INET6 : AF_INET));
        CHECK(address.size == (ip(text).is_v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in)));
        CHECK(net::ip_of(address) == ip(text));
        CHECK(net::port_of(address) == 8080);
    }
}

TEST_CASE("an IPv4 address inside IPv6 comes out as IPv4 (RFC 4291 2.5.5.2)")
{
    const auto mapped = net::to_socket_address(ip("::ffff:10.1.2.3"), 80);
    CHECK(mapped.family() == AF_INET6);
    CHECK(net::ip_of(mapped) == ip("10.1.2.3"));
    CHECK(net::to_string(mapped) == "10.1.2.3:80");
}

TEST_CASE("addresses are written as URLs write them, Unix sockets as such")
{
    CHECK(net::to_string(net::to_socket_address(ip("10.0.0.1"), 80)) == "10.0.0.1:80");
    CHECK(net::to_string(net::to_socket_address(ip("fd00::1"), 65535)) == "[fd00::1]:65535");
    CHECK(net::to_string(net::to_socket_address("/run/app.sock").value()) == "unix");
}

TEST_CASE("a Unix path has 107 bytes at most")
{
    const std::string longest = "/" + std::string(106, 'x');
    const auto address = net::to_socket_address(longest);
    REQUIRE(address.has_value());
    CHECK(address->family() == AF_UNIX);
    CHECK(std::string(reinterpret_cast<const sockaddr_un*>(address->data())->sun_path) == longest);
    CHECK_FALSE(net::ip_of(*address).has_value());
    CHECK(net::port_of(*address) == 0);
    CHECK_FALSE(net::to_socket_address(longest + "x").has_value());
}

TEST_CASE("a connected descriptor knows both of its ends, a closed one neither")
{
    const test::listener at("127.0.0.1");
    const test::peer client = test::connect_to(at.address());
    const test::peer server = at.accept();
    CHECK(net::port_of(net::peer_of(client.fd())) == at.port());
    CHECK(net::to_string(net::local_of(client.fd())) == net::to_string(net::peer_of(server.fd())));
    CHECK(net::ip_of(net::local_of(server.fd())) == ip("127.0.0.1"));
    CHECK(net::peer_of(-1).size == 0);
    CHECK(net::local_of(-1).size == 0);
}
