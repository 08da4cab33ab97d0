// One connection of the echo backend: GET requests are answered with 1 KiB, an upgrade turns it into a
// WebSocket echo.
//
// Frames are checked to be masked, final and of a known kind, unmasked, and sent back in one write per event.
// Reading stops while the peer does not take what was written. One thread; no deadline of its own.
// Errors: verification_error for bytes that no run sends, std::system_error for the socket.
#pragma once

#include "bench/load/peer_socket.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace fairlead::bench {

class backend_connection
{
public:
    explicit backend_connection(descriptor socket) noexcept
        : socket_{std::move(socket)}
    {}

    // Whether the connection lives on. reply is scratch memory shared by all connections.
    [[nodiscard]] bool on_event(std::uint32_t epoll_events, std::span<char> scratch, std::string& reply);

private:
    enum class speaking : std::uint8_t
    {
        http,
        websocket,
        nothing
    };

    void take(std::string_view bytes, std::string& reply);
    // The bytes that were used; 0 while the request or the frame is incomplete.
    std::size_t take_one(std::string_view bytes, std::string& reply);
    std::size_t take_request(std::string_view bytes, std::string& reply);
    std::size_t take_frame(std::string_view bytes, std::string& reply);

    peer_socket socket_;
    std::string partial_; // the start of an incomplete request or frame
    speaking speaking_ = speaking::http;
};

} // namespace fairlead::bench
