// A connected non-blocking socket, plain or with TLS, with the bytes the kernel has not taken yet.
//
// Made for an edge-triggered poller: after an event, call flush(), then receive() while may_hold_more(). Both
// also go on with a handshake. The unsent rest is not bounded here: a caller has one message out, or stops
// reading while has_unsent(). How TLS ends, with close_notify or without, is not told apart.
// Errors: std::system_error and, from TLS, std::runtime_error, except that an end or a reset by the peer is
// told by has_ended() and was_reset().
#pragma once

#include "bench/load/descriptor.hpp"
#include "bench/load/tls_client.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::bench {

class peer_socket
{
public:
    explicit peer_socket(descriptor socket, tls_end tls = {}) noexcept
        : socket_{std::move(socket)}
        , tls_{std::move(tls)}
    {}

    void send(std::string_view bytes);
    void flush();

    // The received part of scratch; empty when there is nothing now or the peer has ended.
    [[nodiscard]] std::span<char> receive(std::span<char> scratch);

    // Whether one more receive() is due after one that got `received` bytes.
    [[nodiscard]] bool may_hold_more(std::size_t received, std::size_t scratch_size,
                                     std::uint32_t epoll_events) const noexcept;

    [[nodiscard]] bool has_unsent() const noexcept { return sent_ != unsent_.size(); }
    [[nodiscard]] bool has_ended() const noexcept { return ended_; }
    [[nodiscard]] bool was_reset() const noexcept { return reset_; }
    [[nodiscard]] const descriptor& socket() const noexcept { return socket_; }

private:
    std::size_t write_some(std::string_view bytes);
    std::size_t write_records(std::string_view bytes);
    std::span<char> read_records(std::span<char> scratch);
    void stopped_by(const char* what, int error);
    void stopped_by_tls(const char* what);

    descriptor socket_;
    tls_end tls_; // null: plain
    std::string unsent_;
    std::size_t sent_ = 0; // bytes of unsent_ that went out
    bool ended_ = false;
    bool reset_ = false;
};

} // namespace fairlead::bench
