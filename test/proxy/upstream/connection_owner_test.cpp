#include "proxy/upstream/connection_owner.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using upstream::connection_owner;

TEST_CASE("owners differ by what the backend was told of them: address and port, or the address alone")
{
    const net::ip_port ann{conf::parse_ip_address("192.0.2.1").value(), 5000};
    const net::ip_port bob{ann.ip, 5001};
    const connection_owner::hash hash;
    CHECK(connection_owner::client(ann) == connection_owner::client(ann));
    CHECK(connection_owner::client(ann) != connection_owner::client(bob));
    CHECK(hash(connection_owner::client(ann)) != hash(connection_owner::client(bob)));
    CHECK(connection_owner::client_ip(ann) == connection_owner::client_ip(bob));
    CHECK(connection_owner().is_anybody());
    CHECK_FALSE(connection_owner::client(ann).is_anybody());
}

TEST_CASE("clients without an address are one owner, which is not anybody")
{
    CHECK(connection_owner::client(std::nullopt) == connection_owner::client_ip(std::nullopt));
    CHECK(connection_owner::client(std::nullopt) != connection_owner());
}
