#include "conf/canonical_path.hpp"

#include <doctest/doctest.h>

#include <string>

using fairlead::conf::canonical_path;

namespace {

std::string canonical(std::string_view path)
{
    std::string room;
    return std::string(canonical_path(path, room));
}

} // namespace

TEST_CASE("encodings of letters, digits and -._~ are what they mean (RFC 3986 6.2.2.2)")
{
    CHECK(canonical("/%61dmin") == "/admin");
    CHECK(canonical("/%41%5A%61%7a%30%39") == "/AZaz09");
    CHECK(canonical("/a%2Db%2eC%5f%7e") == "/a-b.C_~");
    CHECK(canonical("/%61%20%62") == "/a%20b");
}

TEST_CASE("the digits of other encodings are capitals (RFC 3986 6.2.2.1)")
{
    CHECK(canonical("/caf%c3%a9") == "/caf%C3%A9");
    CHECK(canonical("/%3b%3B%3f") == "/%3B%3B%3F");
}

TEST_CASE("a path is decoded once and otherwise stays")
{
    CHECK(canonical("/%2561dmin") == "/%2561dmin");
    CHECK(canonical("/%25%36%31") == "/%2561");
    CHECK(canonical("//a/;b=c/") == "//a/;b=c/");
    CHECK(canonical("*") == "*");
}

TEST_CASE("the canonical form of a canonical form is itself, and needs no room")
{
    for (const std::string path : {"/", "/a/b", "/%2561dmin", "/caf%C3%A9", "/a%20b"}) {
        std::string room;
        CHECK(canonical_path(path, room).data() == path.data());
        CHECK(room.empty());
    }
    CHECK(canonical(canonical("/%25%36%31")) == canonical("/%25%36%31"));
}
