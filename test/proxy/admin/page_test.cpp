#include "proxy/admin/page.hpp"

#include <doctest/doctest.h>

using namespace fairlead::admin;

TEST_CASE("the query begins behind the first question mark")
{
    CHECK(path_of("/drain?a=1?2") == "/drain");
    CHECK(query_of("/drain?a=1?2") == "a=1?2");
    CHECK(path_of("/drain") == "/drain");
    CHECK(query_of("/drain").empty());
}

TEST_CASE("an error is JSON whatever bytes it repeats")
{
    CHECK(error_answer(404, "no \"\xff\xc3\"\n").body == "{\"error\":\"no \\\"??\\\"\\n\"}\n");
}
