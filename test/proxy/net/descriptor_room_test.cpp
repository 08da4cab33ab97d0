#include "proxy/net/descriptor_room.hpp"

#include <doctest/doctest.h>

#include <limits>

#include <sys/resource.h>

using fairlead::net::descriptor_room;
using fairlead::net::share_descriptors;

TEST_CASE("a 32nd of the descriptors is left to the process and one to backends, 8 to 64 each")
{
    CHECK(share_descriptors(1'024).clients == 960);
    CHECK(share_descriptors(1'024).backends == 992);
    CHECK(share_descriptors(64).clients == 48);
    CHECK(share_descriptors(64).backends == 56);
    CHECK(share_descriptors(1'000'000).clients == 999'872);
    CHECK(share_descriptors(16).clients == 12);
    CHECK(share_descriptors(0).clients == 0);
    const auto most = std::numeric_limits<std::uint64_t>::max();
    CHECK(share_descriptors(most).clients == most - 128);
}

TEST_CASE("the limit of the process decides, and is read again when it seems to be reached")
{
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit lower = before;
    lower.rlim_cur = 256;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    descriptor_room clients(descriptor_room::user::client);
    descriptor_room backends(descriptor_room::user::backend);
    CHECK(clients.has(239));
    CHECK_FALSE(clients.has(240));
    CHECK(backends.has(247));
    CHECK_FALSE(backends.has(248));
    lower.rlim_cur = 512;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    CHECK(clients.has(479));
    CHECK_FALSE(clients.has(480));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}
