// Counts what the scanner of one direction sees, live. For the relay's own files.
#pragma once

#include "proxy/websocket/tunnel.hpp"

namespace fairlead::websocket {

constexpr metrics::direction direction_from(side from) noexcept
{
    return from == side::client ? metrics::direction::to_backend : metrics::direction::to_client;
}

struct frame_tally
{
    frame_tally(tunnel& which, side from, tick_count at) noexcept
        : cells(*which.origin->cells)
        , direction(direction_from(from))
        , source(which.of(from))
        , alive(which.alive)
        , now(at)
    {}

    void on_frame(const frame_header& frame) const noexcept
    {
        switch (frame.code) {
        case opcode::ping: cells.controls[direction][metrics::frame_kind::ping].add(); break;
        case opcode::pong: cells.controls[direction][metrics::frame_kind::pong].add(); break;
        case opcode::close: cells.controls[direction][metrics::frame_kind::close].add(); break;
        case opcode::continuation:
        case opcode::text:
        case opcode::binary: alive.saw_data(now); break;
        }
    }
    void on_message(bool is_text, std::uint64_t) const noexcept
    {
        cells.messages[direction][is_text ? metrics::frame_kind::text : metrics::frame_kind::binary].add();
        ++source.messages;
    }
    void on_close(std::uint16_t code) const noexcept { source.close_code = code; }

    metrics::tunnel_cells& cells;
    metrics::direction direction;
    leg& source;
    keepalive& alive;
    tick_count now;
};

} // namespace fairlead::websocket
