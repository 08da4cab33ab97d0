#include "proxy/http/content_coding.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;

namespace {

bool wants(const std::string& lines)
{
    const http::test::parsed_request head("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    return http::wants_gzip(head.get());
}

bool accepts(const std::string& value) { return wants("Accept-Encoding: " + value + "\r\n"); }

} // namespace

TEST_CASE("gzip is sent to who names it, by itself or by the asterisk (RFC 9110 12.5.3)")
{
    for (const char* value : {"gzip", "GZip", "x-gzip", "*", "deflate, gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1",
                              "gzip;q=1", "gzip;q=1.000", "gzip ; q=0.001", "gzip;Q=0.5", "*;q=0.5",
                              ", ,gzip", "identity;q=0.5, gzip", "identity;q=0, *", "gzip, gzip;q=0.3"})
    {
        CAPTURE(value);
        CHECK(accepts(value));
    }
    CHECK(wants("Accept-Encoding: br\r\naccept-encoding: gzip\r\n"));
}

TEST_CASE("and not to who refuses it, prefers the answer as it is, or says nothing")
{
    for (const char* value :
         {"", "br", "deflate", "gzip;q=0", "gzip;q=0.0", "gzip;q=0.000", "gzip;q=0, *", "*;q=0", "identity",
          "gzip;q=0.5, identity", "identity, gzip;q=0.999", "*;q=0.2, identity;q=0.3", "gzipped", "gzip2"})
    {
        CAPTURE(value);
        CHECK_FALSE(accepts(value));
    }
    CHECK_FALSE(wants(""));
}

TEST_CASE("an element that is not well formed says nothing")
{
    for (const char* value : {"gzip;q=2", "gzip;q=1.001", "gzip;q=.5", "gzip;q=0.1234",
                              "gzip;q=", "gzip;level=9", "gzip;q=-1", "gzip;q=1x", "gz ip", "gzip;q=1;x=y"})
    {
        CAPTURE(value);
        CHECK_FALSE(accepts(value));
        CHECK(accepts(std::string(value) + ", x-gzip"));
    }
}

TEST_CASE("one field's value alone is judged in the same way")
{
    CHECK(http::wants_gzip("br, gzip;q=0.5"));
    CHECK_FALSE(http::wants_gzip("gzip;q=0"));
    CHECK_FALSE(http::wants_gzip(""));
}
