#include "proxy/snat/port_map.hpp"

#include "test/proxy/snat/port_sets.hpp"

#include <doctest/doctest.h>

#include <memory>

using namespace fairlead::snat;

TEST_CASE("the first free port at or behind the start is taken, going round")
{
    const auto map = std::make_unique<port_map>();
    const auto usable = ports_of("1030, 1040, 5000");
    CHECK(map->take(*usable, 1031) == 1040);
    CHECK(map->take(*usable, 1031) == 5000);
    CHECK(map->take(*usable, 1031) == 1030);
    CHECK_FALSE(map->take(*usable, 1031).has_value());
    map->give_back(1040);
    CHECK(map->take(*usable, 65535) == 1040);
}

TEST_CASE("only ports of the set are taken, the highest one too")
{
    const auto map = std::make_unique<port_map>();
    const auto usable = ports_of("65535");
    CHECK(map->take(*usable, 0) == 65535);
    CHECK_FALSE(map->take(*usable, 65535).has_value());
}
