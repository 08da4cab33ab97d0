// A connected, non-blocking socket as the HTTP phase uses it: read some, write all, look ahead.
//
// Every operation tries the system call first and suspends only when the kernel would block. Nothing throws;
// the end of the stream is asio::error::eof. Reads and writes may be under way at the same time, one of each.
// Completes when: bytes moved, the stream ended, or the socket was cancelled (operation_aborted).
// Thread: the worker's. The seam for TLS: what a session needs of a connection is this interface.
#pragma once

#include "proxy/net/deadline.hpp"
#include "proxy/net/socket.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace fairlead::net {

struct read_result
{
    std::size_t count = 0; // 0 only with an error
    error_code error;
};

class stream
{
public:
    // At most this many pieces go out in one system call.
    using pieces = std::array<std::string_view, 4>;

    explicit stream(executor where)
        : socket_(where)
    {}
    explicit stream(socket connected)
        : socket_(std::move(connected))
    {}

    bool is_open() const noexcept { return socket_.is_open(); }
    int fd() noexcept { return socket_.native_handle(); }
    socket& lowest_layer() noexcept { return socket_; }

    // Without waiting; would_block when there is nothing.
    read_result try_read(std::span<char> into) noexcept;

    task<read_result> read_some(std::span<char> into);
    task<read_result>
    wait_and_read(std::span<char> into); // for bytes that are hardly there yet: saves a system call
    task<error_code> write(std::string_view bytes);
    task<error_code> write(pieces bytes); // one after another, in as few system calls as the kernel allows

    // The same; `limit`, which guards this socket, is armed anew for each wait: a peer that takes some bytes
    // in every `timeout` is never cut. Disarmed on completion.
    task<error_code> write(pieces bytes, deadline& limit, std::chrono::milliseconds timeout);

    // Whether the peer ended or broke the connection, without taking a byte: unread data in front hides an
    // end.
    bool is_gone() noexcept;
    // Whether a read would give something: for a connection that should be silent.
    bool is_readable() noexcept;

    std::uint64_t bytes_sent() const noexcept { return sent_; } // taken by the kernel since the beginning

    void cancel() noexcept;
    void shutdown_send() noexcept;
    void close() noexcept;
    void close_by_reset() noexcept; // no TIME_WAIT, unsent bytes are lost
    int release();                  // the descriptor, no longer known to Asio; -1 when that fails

private:
    std::size_t write_now(pieces& bytes, error_code& error) noexcept;

    socket socket_;
    std::uint64_t sent_ = 0;
};

} // namespace fairlead::net
