#include "proxy/net/transparent.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace fairlead;
using names = std::vector<std::string>;

TEST_CASE("answers are dropped where a strict path filter goes by the mark, and nowhere else")
{
    const auto dropped = [](std::vector<net::path_filter> filters) {
        return net::interfaces_that_drop_answers(filters);
    };
    CHECK(dropped({{"all", 0, 0}, {"eth0", 1, 0}, {"eth1", 0, 1}, {"eth2", 2, 1}}).empty());
    CHECK(dropped({{"all", 0, 0}, {"eth0", 1, 1}}) == names{"eth0"});
    CHECK(dropped({{"all", 1, 0}, {"eth0", 0, 1}, {"eth1", 0, 0}}) == names{"eth0"});
    CHECK(dropped({{"all", 0, 1}, {"default", 1, 0}, {"eth0", 1, 0}, {"lo", 1, 0}}) == names{"eth0"});
}

TEST_CASE("a loose filter of all interfaces outdoes a strict one of its own")
{
    const std::vector<net::path_filter> filters{{"all", 2, 1}, {"eth0", 1, 0}};
    CHECK(net::interfaces_that_drop_answers(filters).empty());
}

TEST_CASE("the path filters of this machine are read, the one of all interfaces among them")
{
    const auto filters = net::read_path_filters();
    CHECK(std::ranges::count(filters, "all", &net::path_filter::interface) == 1);
    CHECK(std::ranges::count(filters, "lo", &net::path_filter::interface) == 1);
}
