#include "proxy/net/tcp_info.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;

TEST_CASE("acknowledged bytes are those the peer's kernel has, and one for the SYN")
{
    const test::listener at;
    test::peer client = test::connect_to(at.address());
    test::peer server = at.accept();
    const auto before = net::bytes_acknowledged(client.fd());
    REQUIRE(before.has_value());
    CHECK(*before == 1);
    client.put(std::string(1000, 'x'));
    server.wait_readable();
    server.put("y"); // its acknowledgement comes with this byte
    client.wait_readable();
    CHECK(net::bytes_acknowledged(client.fd()) == 1001);
}

TEST_CASE("what is not TCP has no such count")
{
    test::event_loop loop;
    test::link pair(loop);
    CHECK_FALSE(net::bytes_acknowledged(pair.ours.fd()).has_value());
    CHECK_FALSE(net::bytes_acknowledged(-1).has_value());
}
