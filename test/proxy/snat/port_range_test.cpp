#include "proxy/snat/port_range.hpp"

#include <doctest/doctest.h>

using namespace fairlead::snat;

TEST_CASE("the kernel's port range is read with both ends")
{
    CHECK(parse_port_range("32768\t60999\n") == port_range{32768, 60999});
    CHECK(parse_port_range("32768\t60999\n")->count() == 28'232);
    CHECK(parse_port_range("1024 65535")->count() == 64'512);
    CHECK(parse_port_range("5000 5000")->count() == 1);
}

TEST_CASE("what is not a port range is not read")
{
    for (const auto* text : {"", "1024", "1024 x", "2000 1000", "1024 65536", "-1 5", "1 2 3"}) {
        CHECK_FALSE(parse_port_range(text).has_value());
    }
}

TEST_CASE("this machine's port range is not empty") { CHECK(read_host_ports().kernel.count() > 0); }
