// One tunnel as GET /connections tells it: copied on its worker's thread, written as JSON on the main one.
//
// Times are of the moment of copying. TCP's figures are the kernel's (tcp(7), TCP_INFO; tcp(7), SIOCOUTQ):
// unsent_bytes are those that the peer's kernel has not acknowledged. A part that is not known is left out.
#pragma once

#include "proxy/websocket/tunnel.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace fairlead::server {

struct connection_row
{
    struct end // one side
    {
        std::string address;     // of the peer: the client, or the backend
        std::string local;       // ours: towards a backend the source
        std::string tls;         // "TLSv1.3"; empty: plain
        std::uint64_t bytes = 0; // from it
        std::uint64_t messages = 0;
        std::uint32_t round_trip_us = 0;                 // by the proxy's last ping; 0: not known
        std::uint32_t tcp_round_trip_us = 0;             // smoothed; 0: not known
        std::uint64_t waiting_bytes = 0;                 // for it, in the proxy
        std::uint64_t unsent_bytes = 0;                  // for it, in the kernel
        std::uint16_t close_code = 0;                    // of its Close; 0: none
        std::uint16_t own_close_code = 0;                // of the proxy's own Close to it; 0: none
        std::chrono::milliseconds heard{0};              // last, after the opening
        std::optional<std::chrono::milliseconds> pinged; // last, after the opening
    };

    std::string id;
    std::string route;
    std::string pool;
    std::string listener;
    std::string host;
    std::string path;
    std::string subprotocol;
    std::string user_agent;
    std::string user;
    end client;
    end backend;
    std::chrono::steady_clock::time_point opened_at;
    std::chrono::milliseconds idle{0}; // since the last data, either way
    websocket::end_phase phase = websocket::end_phase::open;
    bool is_websocket = true;
    websocket::timeline times;
    std::optional<std::chrono::milliseconds> ending; // began, after the opening
    websocket::tunnel_end how;                       // by whom and why
};

connection_row describe_tunnel(const websocket::tunnel& which, std::chrono::milliseconds idle);

// `now` of both clocks at the same moment: a tunnel's opening is told by the wall clock.
boost::json::object to_json(const connection_row& row, std::chrono::steady_clock::time_point now,
                            std::chrono::system_clock::time_point wall_now);

} // namespace fairlead::server
