#include "tls/octets.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

using namespace fairlead;

TEST_CASE("octets and text are views of the same bytes, whatever their sign")
{
    std::string text = "a\xff";
    const auto octets = tls::as_octets(text);
    REQUIRE(octets.size() == 2);
    CHECK(octets[1] == 0xff);
    octets[0] = 'b';
    CHECK(tls::as_text(octets) == "b\xff");
    tls::as_room(octets)[1] = 'c';
    CHECK(text == "bc");
}

TEST_CASE("no bytes are no view of anything")
{
    CHECK(tls::as_octets({}).empty());
    CHECK(tls::as_text({}).empty());
}
