#include "proxy/server/event_query.hpp"

#include <doctest/doctest.h>

using namespace fairlead::server;
using namespace std::chrono_literals;

TEST_CASE("events come each second, or as often as is asked for")
{
    CHECK(read_events_query("").every == 1s);
    CHECK(read_events_query("every=5s").every == 5s);
    CHECK(read_events_query("every=60s").every == 1min);
    CHECK(read_events_query("every=60s").problem.empty());
}

TEST_CASE("an interval that is none, or out of its range, is a problem")
{
    for (const char* query :
         {"every=500ms", "every=61s", "every=0s", "every=1", "every=", "every=soon", "often=1"})
    {
        CAPTURE(query);
        CHECK_FALSE(read_events_query(query).problem.empty());
    }
}

TEST_CASE("an event is two lines and an empty one")
{
    CHECK(event_text("status", R"({"a":1})") == "event: status\ndata: {\"a\":1}\n\n");
}
