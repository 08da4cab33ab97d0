#include "proxy/routing/path_readings.hpp"

#include <doctest/doctest.h>

using fairlead::routing::other_readings;
using readings = std::vector<std::string>;

TEST_CASE("almost every path has one reading")
{
    for (const char* path : {"/", "*", "/a/b/", "/a%20b", "/a.b~c", "/a:b,c=d"})
        CHECK(other_readings(path).empty());
}

TEST_CASE("some backends drop empty segments")
{
    CHECK(other_readings("//a") == readings{"/a"});
    CHECK(other_readings("/a///b//") == readings{"/a/b/"});
}

TEST_CASE("some backends drop the parameters of segments (RFC 3986 3.3)")
{
    CHECK(other_readings("/a;x=1") == readings{"/a"});
    CHECK(other_readings("/a;x/b;y;z/c") == readings{"/a/b/c"});
    CHECK(other_readings("/a%3Bx/b") == readings{"/a/b"});
}

TEST_CASE("and some both")
{
    CHECK(other_readings("//a;x") == readings{"/a;x", "/a", "//a"});
    CHECK(other_readings("/;x/a") == readings{"/a", "//a"});
    CHECK(other_readings("/;") == readings{"/"});
}
