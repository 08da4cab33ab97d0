// One WebSocket connection of the load: upgrade, messages of which one is out at a time, close.
//
// Every byte that comes back is compared with what must come back; silence is the caller's deadline.
// The object must not move (the poller holds its address) and dies before the message. One thread.
// Errors: verification_error for a wrong byte, ended_early for an end or a Close that comes too early,
// std::system_error for the socket.
#pragma once

#include "bench/load/destination.hpp"
#include "bench/load/echo_message.hpp"
#include "bench/load/peer_socket.hpp"
#include "bench/load/poller.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace fairlead::bench {

class websocket_client
{
public:
    enum class progress : std::uint8_t
    {
        none,
        opened,
        echoed,
        closed
    };

    // Dials and sends the upgrade request. number tells connections apart in their messages.
    websocket_client(const destination& to, std::uint64_t number, poller& events);
    websocket_client(const websocket_client&) = delete;
    websocket_client& operator=(const websocket_client&) = delete;

    // Performs what the event allows; at most one step is made, because one thing is outstanding.
    [[nodiscard]] progress on_event(std::uint32_t epoll_events, std::span<char> scratch);

    // Only while open with nothing outstanding. message must stay until the echo has come.
    void send_message(echo_message& message);
    void send_close(); // progress::closed follows after the backend's Close and end of stream
    // The same: from now on a Close with a status is awaited, answered, and the end of stream follows.
    void expect_close();
    [[nodiscard]] std::uint16_t close_code() const noexcept { return close_code_; } // of that Close

    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    void reset(); // the destructor sends a RST

private:
    enum class waiting_for : std::uint8_t
    {
        upgrade,
        nothing,
        echo,
        close,
        leave,
        end
    };

    progress take(std::string_view bytes);
    progress take_upgrade(std::string_view bytes);
    progress take_echo(std::string_view bytes);
    progress take_close(std::string_view bytes);
    progress take_leave(std::string_view bytes);
    [[nodiscard]] progress take_end() const;

    peer_socket socket_;
    std::uint64_t number_;
    std::uint64_t sequence_ = 0;
    std::string head_;                // or the frame that is awaited in `leave`
    echo_message* message_ = nullptr; // not owned; the one that is out
    std::size_t received_ = 0;        // bytes of the awaited frame
    std::uint16_t close_code_ = 0;
    waiting_for waiting_ = waiting_for::upgrade;
};

} // namespace fairlead::bench
