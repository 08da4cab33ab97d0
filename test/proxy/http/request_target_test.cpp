#include "proxy/http/request_target.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::http;

TEST_CASE("origin-form is split at its first question mark (RFC 9112 3.2.1)")
{
    const auto target = read_target("/a/b?c=d?e", false);
    REQUIRE(target);
    CHECK(target->form == target_form::origin);
    CHECK(target->path == "/a/b");
    CHECK(target->query == "c=d?e");
    CHECK(read_target("/a?", false)->has_query);
    CHECK_FALSE(read_target("/a", false)->has_query);
}

TEST_CASE("absolute-form gives its authority and a path (RFC 9112 3.2.2)")
{
    const auto target = read_target("HTTP://Example.com:80/x?y", false);
    REQUIRE(target);
    CHECK(target->form == target_form::absolute);
    CHECK(target->authority == "Example.com:80");
    CHECK(target->path == "/x");
    CHECK(target->query == "y");
    CHECK(read_target("https://a", false)->path == "/");
    CHECK(read_target("http://a?q", false)->path == "/");
    CHECK(read_target("http://a?q", false)->query == "q");
    CHECK(read_target("http://a", true)->path == "*"); // RFC 9112 3.2.4
}

TEST_CASE("a path means the same to every reader or is refused")
{
    for (const std::string_view path :
         {"/", "/a", "/a//b", "//", "/a.b/..c/c../...", "/.well-known/x", "/%41%7e", "/a;b=..", "/a%3b..",
          "/%252e%252e/", "*", "/a%0a", "/%c0", "/%c0%20", "/%c3%a9"})
    {
        CAPTURE(path);
        CHECK(is_unambiguous_path(path));
    }
    for (const std::string_view path :
         {"/.",      "/..",     "/a/./b",   "/a/../b",   "/a/..",     "/%2e",     "/%2E%2e/",
          "/.%2e/a", "/%2e./a", "/..;/a",   "/..;x=1/a", "/.;/a",     "/..%3b/a", "/%2e%2E;v/a",
          "/a%2fb",  "/a%2Fb",  "/a%5cb",   "/a%5Cb",    "/a%00",     "/a\\b",    "/a%",
          "/a%4",    "/a%zz",   "/a%u002e", "/%2%65",    "/a%c0%afb", "/%C0%AE",  "/%c1%9C"})
    {
        CAPTURE(path);
        CHECK_FALSE(is_unambiguous_path(path));
    }
}

TEST_CASE("a host is read without its port and final dot (RFC 9110 4.2.3)")
{
    CHECK(read_host("example.com") == "example.com");
    CHECK(read_host("Example.COM:8080") == "Example.COM");
    CHECK(read_host("example.com.") == "example.com");
    CHECK(read_host("example.com.:80") == "example.com");
    CHECK_FALSE(read_host("example.com..")); // a route table would take off another one
    CHECK(read_host("example.com:") == "example.com");
    CHECK(read_host("127.0.0.1:65535") == "127.0.0.1");
    CHECK(read_host("[::1]:80") == "[::1]");
    CHECK(read_host("[::ffff:1.2.3.4]") == "[::ffff:1.2.3.4]");
    CHECK(read_host("a_b-c~d.e") == "a_b-c~d.e");
    CHECK(read_host(std::string(255, 'a')));
}

TEST_CASE("anything else is no host (RFC 9110 7.2)")
{
    for (const std::string_view authority :
         {"",        ":80",   ".",        "..",    "a..b",  ".a",     "a b",       "a@b",
          "u:p@b",   "a/b",   "a?b",      "a#b",   "a\\b",  "a,b",    "a:b",       "a:65536",
          "a:80:80", "a:+80", "a:000080", "[::1",  "::1",   "[::1]x", "[::1]x:80", "[]",
          "[1]",     "[::g]", "[::1]:x",  "a]:80", "a%20b", "a%2eb",  "\xc3\xa4",  "[fe80::1%25eth0]",
          "[v1.x]"})
    {
        CAPTURE(authority);
        CHECK_FALSE(read_host(authority));
    }
    CHECK_FALSE(read_host(std::string(256, 'a')));
}
