#include "conf/text_hash.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

namespace fairlead::conf {
namespace {

constexpr std::uint64_t hash_of(std::initializer_list<std::string_view> texts)
{
    text_hash out;
    for (const std::string_view each : texts)
        out.add(each);
    return out.value();
}

} // namespace

TEST_CASE("the hash is FNV-1a's of the text and a zero")
{
    // "foobar" alone is 0x85944171f73967e8, by the vectors of the algorithm's authors.
    CHECK(hash_of({"foobar"}) == 0x85944171f73967e8 * 0x100000001b3);
}

TEST_CASE("texts are told apart by what is in them, their order and where one ends")
{
    CHECK(hash_of({"a", "b"}) == hash_of({"a", "b"}));
    CHECK(hash_of({"a", "b"}) != hash_of({"b", "a"}));
    CHECK(hash_of({"ab", "c"}) != hash_of({"a", "bc"}));
    CHECK(hash_of({"a"}) != hash_of({"a", ""}));
}

} // namespace fairlead::conf
