#include "proxy/routing/certificate_matcher.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using routing::certificate_matcher;
using routing::matches_pattern;

TEST_CASE("a pattern's stars stand for any characters, and nothing else is special")
{
    CHECK(matches_pattern("CN=a", "CN=a"));
    CHECK_FALSE(matches_pattern("CN=ab", "CN=a"));
    CHECK_FALSE(matches_pattern("CN=a", "CN=ab"));
    CHECK(matches_pattern("CN=device-7,O=Example", "CN=device-*,O=Example"));
    CHECK(matches_pattern("DNS:a.b.example", "DNS:*.example"));
    CHECK_FALSE(matches_pattern("DNS:a.b.example.org", "DNS:*.example"));
    CHECK(matches_pattern("", "*"));
    CHECK(matches_pattern("", ""));
    CHECK_FALSE(matches_pattern("", "a*"));
    CHECK(matches_pattern("abcabcabd", "*abd"));
    CHECK(matches_pattern("aXbXc", "a*b*c"));
    CHECK_FALSE(matches_pattern("CN=a.c", "CN=a?c"));
    CHECK_FALSE(matches_pattern(std::string(1'000, 'a'), "*a*a*a*a*a*b"));
}

TEST_CASE("each list that is there has to match, by any of its entries")
{
    const tls::peer_certificate shown{"CN=d7,O=Example", {"DNS:d7.example", "URI:spiffe://example/d7"}, "ab"};
    CHECK(certificate_matcher({}).accepts(shown));
    CHECK(certificate_matcher({{"CN=x", "*,O=Example"}, {}, {}}).accepts(shown));
    CHECK(certificate_matcher({{}, {"URI:spiffe://example/*"}, {}}).accepts(shown));
    CHECK(certificate_matcher({{}, {}, {"cd", "ab"}}).accepts(shown));
    CHECK_FALSE(certificate_matcher({{"*"}, {"DNS:other"}, {}}).accepts(shown));
    CHECK_FALSE(certificate_matcher({{}, {}, {"cd"}}).accepts(shown));
    CHECK_FALSE(certificate_matcher({{}, {"*"}, {}}).accepts({"CN=a", {}, "ab"}));
}

TEST_CASE("a matcher is as specific as it has lists, and one without is as one")
{
    CHECK(certificate_matcher({}).count() == 1);
    CHECK(certificate_matcher({{"a"}, {}, {}}).count() == 1);
    CHECK(certificate_matcher({{"a"}, {"b"}, {"c"}}).count() == 3);
}
