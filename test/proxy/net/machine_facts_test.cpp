#include "proxy/net/machine_facts.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace fairlead;

TEST_CASE("numbers of a line of /proc are read as many as are wanted")
{
    std::array<std::uint64_t, 3> out{};
    CHECK(net::parse_numbers("1 2\t3 4", out.data(), 3));
    CHECK(out == std::array<std::uint64_t, 3>{1, 2, 3});
    CHECK_FALSE(net::parse_numbers("1 2", out.data(), 3));
    CHECK_FALSE(net::parse_numbers("max", out.data(), 1));
    CHECK_FALSE(net::parse_numbers("", out.data(), 1));
}

TEST_CASE("this machine has processors, memory and descriptors")
{
    const auto facts = net::read_machine_facts();
    CHECK(facts.cpus >= 1);
    CHECK(facts.memory_bytes > 16U << 20);
    CHECK(facts.descriptors_hard >= facts.descriptors_soft);
    CHECK(facts.descriptors_soft > 0);
    CHECK(facts.page_bytes >= 4096);
}
