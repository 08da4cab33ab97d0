// A connected non-blocking socket with the bytes the kernel has not taken yet.
//
// Made for an edge-triggered poller: after an event, call flush(), then receive() until it has no more.
// The unsent rest is not bounded here: a caller has one message out, or stops reading while has_unsent().
// Errors: std::system_error, except that an end or a reset by the peer is told by has_ended() and
// was_reset().
#pragma once

#include "bench/load/descriptor.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::bench {

class peer_socket
{
public:
    explicit peer_socket(descriptor socket) noexcept
        : socket_{std::move(socket)}
    {}

    void send(std::string_view bytes);
    void flush();

    // The received part of scratch; empty when there is nothing now or the peer has ended.
    [[nodiscard]] std::span<char> receive(std::span<char> scratch);

    [[nodiscard]] bool has_unsent() const noexcept { return sent_ != unsent_.size(); }
    [[nodiscard]] bool has_ended() const noexcept { return ended_; }
    [[nodiscard]] bool was_reset() const noexcept { return reset_; }
    [[nodiscard]] const descriptor& socket() const noexcept { return socket_; }

private:
    std::size_t write_some(std::string_view bytes);

    descriptor socket_;
    std::string unsent_;
    std::size_t sent_ = 0; // bytes of unsent_ that went out
    bool ended_ = false;
    bool reset_ = false;
};

// Whether one more receive() is due after one that got `received` bytes. A short read proves the socket
// drained, but an end that was announced together with data raises no second edge.
[[nodiscard]] bool may_hold_more(std::size_t received, std::size_t scratch_size,
                                 std::uint32_t epoll_events) noexcept;

} // namespace fairlead::bench
