#include "conf/suggestion.hpp"

#include <doctest/doctest.h>

#include <array>

namespace fairlead::conf {

TEST_CASE("the distance of two words counts insertions, deletions, replacements and swaps")
{
    CHECK(edit_distance("host", "host") == 0);
    CHECK(edit_distance("hots", "host") == 1);
    CHECK(edit_distance("hst", "host") == 1);
    CHECK(edit_distance("hosts", "host") == 1);
    CHECK(edit_distance("cost", "host") == 1);
    CHECK(edit_distance("HOST", "host") == 0);
    CHECK(edit_distance("", "host") == 4);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a word is suggested when it is near, and never for one that shares next to nothing")
{
    constexpr std::array<std::string_view, 5> words{"host", "path", "pool", "keep_alive", "connect_timeout"};
    CHECK(nearest_word("hots", words) == "host");
    CHECK(nearest_word("keepalive", words) == "keep_alive");
    CHECK(nearest_word("conect_timout", words) == "connect_timeout");
    CHECK(nearest_word("connect", words) == "connect_timeout");
    CHECK(nearest_word("pools", words) == "pool");
    CHECK(nearest_word("banana", words).empty());
    CHECK(nearest_word("", words).empty());
    CHECK(nearest_word("x", words).empty());
    CHECK(nearest_word(std::string(100'000, 'h'), words).empty());
    CHECK(did_you_mean("hots", words) == " (did you mean 'host'?)");
    CHECK(did_you_mean("banana", words).empty());
}

} // namespace fairlead::conf
