#include "proxy/http/connection_options.hpp"
#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::http;
using fairlead::http::test::parsed_request;

namespace {

std::optional<connection_options> options_of(const std::string& lines)
{
    const parsed_request request("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    auto options = connection_options::read(request.get());
    if (options) CHECK_FALSE(options->names("X-Other"));
    return options;
}

} // namespace

TEST_CASE("the options of all Connection fields are read, ignoring case (RFC 9110 7.6.1)")
{
    const auto options = options_of("Connection: Close,KEEP-ALIVE\r\nConnection: , upgrade ,\r\n");
    REQUIRE(options);
    CHECK(options->close);
    CHECK(options->keep_alive);
    CHECK(options->upgrade);
}

TEST_CASE("without Connection no option is set")
{
    const auto options = options_of("Keep-Alive: close\r\n");
    REQUIRE(options);
    CHECK_FALSE(options->close);
    CHECK_FALSE(options->keep_alive);
    CHECK_FALSE(options->upgrade);
    CHECK_FALSE(options->names_any());
}

TEST_CASE("fields that end at this hop are known by name, ignoring case")
{
    const parsed_request request("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop, x-hop, TE\r\n\r\n");
    const auto options = connection_options::read(request.get());
    REQUIRE(options);
    CHECK(options->names("x-HOP"));
    CHECK_FALSE(options->names("X-Ho"));
    CHECK(options->names_any());
}
