#include "proxy/log/tunnel_line.hpp"

#include "proxy/log/json_line.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;
using namespace std::chrono_literals;

namespace {

websocket::tunnel_texts::parts texts()
{
    return {"7f3a", "192.0.2.1:1", "10.0.9.1:2", "a.example", "/chat", "", "", "", "0123456789abcdef"};
}

std::string line_of(conf::log_event event, const auto& from)
{
    std::vector<conf::chosen_log_field> fields;
    for (const auto& row : conf::log_fields()) {
        if (conf::is_of(row, event) && row.what != conf::log_field::header)
            fields.push_back({row.what, std::string(row.name)});
    }
    std::string out;
    {
        log::json_line line(out);
        put(line, fields, from);
    }
    return out;
}

} // namespace

TEST_CASE("the line of an open tunnel has what it carried so far, and nothing of an end")
{
    net::slabs memory;
    const auto made = websocket::tunnel::make(memory, texts(), {}, 1);
    websocket::tunnel& open = *made;
    open.origin.reset(new websocket::tunnel_origin);
    open.origin->route = "chat";
    open.client.messages = 3;
    open.client.bytes = 33;
    open.backend.bytes = 44;
    open.backend.round_trip_us = 250;
    const log::life_line line{"12:00", conf::log_event::tunnel_progress, open, 90s, 1'500ms};
    CHECK(line_of(line.event, line) ==
          "{\"time\":\"12:00\",\"event\":\"tunnel_progress\",\"id\":\"7f3a\","
          "\"trace_id\":\"30313233343536373839616263646566\",\"client\":\"192.0.2.1:1\","
          "\"source\":\"10.0.9.1:2\",\"host\":\"a.example\",\"path\":\"/"
          "chat\",\"route\":\"chat\",\"pool\":\"\","
          "\"backend\":\"\",\"lifetime\":90.000000,\"idle\":1.500000,\"bytes_from_client\":33,"
          "\"bytes_from_backend\":44,\"messages_from_client\":3,\"messages_from_backend\":0,"
          "\"round_trip_client_us\":0,\"round_trip_backend_us\":250,\"protocol_violation\":false}\n");
}

TEST_CASE("a tunnel of another protocol has no frames to tell of")
{
    net::slabs memory;
    const auto made = websocket::tunnel::make(memory, texts(), {}, 1);
    websocket::tunnel& open = *made;
    open.origin.reset(new websocket::tunnel_origin);
    open.is_websocket = false;
    for (const auto event : {conf::log_event::tunnel_progress, conf::log_event::tunnel_closed}) {
        const auto line = line_of(event, log::life_line{"", event, open, 1s, 1s});
        CHECK(line.find("bytes_from_client") != line.npos);
        CHECK(line.find("messages") == line.npos);
        CHECK(line.find("round_trip") == line.npos);
        CHECK(line.find("protocol_violation") == line.npos);
    }
}
