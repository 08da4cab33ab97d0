#include "proxy/server/connection_series.hpp"

#include "test/metrics/exposition_samples.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead;
using namespace std::chrono_literals;

TEST_CASE("a connection is told by about ten series that have its labels")
{
    const auto now = std::chrono::steady_clock::now();
    server::connection_row row;
    row.id = "i1";
    row.route = "chat";
    row.pool = "app";
    row.backend.address = "10.0.0.1:80";
    row.client.address = "192.0.2.1:5000";
    row.client.bytes = 11;
    row.client.messages = 2;
    row.client.round_trip_us = 1'500;
    row.client.tcp_round_trip_us = 900;
    row.client.unsent_bytes = 30;
    row.backend.bytes = 7;
    row.backend.waiting_bytes = 4;
    row.opened_at = now - 90s;
    row.idle = 1'200ms;
    metrics::exposition out(metrics::exposition_format::text);
    server::add_connection(out, row, now);
    const metrics::exposition_samples text{out.take()};
    const std::string labels =
        R"({id="i1",route="chat",pool="app",backend="10.0.0.1:80",client="192.0.2.1:5000")";
    CHECK(text["fairlead_connection_age_seconds" + labels + "}"] == 90);
    CHECK(text["fairlead_connection_idle_seconds" + labels + "}"] == 1.2);
    CHECK(text["fairlead_connection_bytes_total" + labels + R"(,direction="to_backend"})"] == 11);
    CHECK(text["fairlead_connection_bytes_total" + labels + R"(,direction="to_client"})"] == 7);
    CHECK(text["fairlead_connection_messages_total" + labels + R"(,direction="to_backend"})"] == 2);
    CHECK(text["fairlead_connection_round_trip_seconds" + labels + R"(,to="client"})"] == 0.0015);
    CHECK(!text.has("fairlead_connection_round_trip_seconds" + labels + R"(,to="backend"})"));
    CHECK(text["fairlead_connection_queue_bytes" + labels + R"(,to="client"})"] == 30);
    CHECK(text["fairlead_connection_queue_bytes" + labels + R"(,to="backend"})"] == 4);

    row.is_websocket = false;
    server::add_connection(out, row, now);
    CHECK(!metrics::exposition_samples{out.take()}.has("fairlead_connection_messages_total" + labels +
                                                       R"(,direction="to_backend"})"));
}
