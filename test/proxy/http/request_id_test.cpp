#include "proxy/http/request_id.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace fairlead;

TEST_CASE("each request id is another one, of hexadecimal digits")
{
    std::set<http::request_id> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = http::random_request_id();
        CHECK(
            std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }));
        CHECK(seen.insert(id).second);
    }
}
