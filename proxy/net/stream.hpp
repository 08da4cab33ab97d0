// A connected, non-blocking socket as the HTTP phase uses it: read some, write all, look ahead. Plain until
// secure() has made it TLS; the interface is the same, and plain costs one look at a pointer.
//
// Every operation tries the system call first and suspends only when the kernel would block. Nothing throws;
// the end of the stream is asio::error::eof, of TLS its close_notify. Reads and writes may be under way at
// the same time, one of each. Small pieces of one write share a record.
// Completes when: bytes moved, the stream ended, or the socket was cancelled (operation_aborted).
// Errors: the kernel's; of TLS also `truncated` and EPROTO, of which its failed_by() tells more. Thread: the
// worker's.
#pragma once

#include "proxy/net/channel.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/handshake_gate.hpp"
#include "proxy/net/splice_pipe.hpp"
#include "tls/connection.hpp"

#include <boost/asio/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace fairlead::net {

// TCP ended without close_notify: what came is whole, but may not be all. The kernel has this code for
// accept() alone.
inline constexpr auto truncated = asio::error::connection_aborted;

struct read_result
{
    std::size_t count = 0; // 0 only with an error
    error_code error;
};

struct released_stream
{
    int fd = -1;
    std::unique_ptr<tls::connection> tls; // null: plain
};

class stream
{
public:
    // At most this many pieces go out in one system call.
    using pieces = std::array<std::string_view, 4>;

    explicit stream(executor where)
        : socket_(where)
    {}
    stream(stream&&) noexcept = default;
    stream& operator=(stream&&) noexcept = default;
    ~stream() { say_goodbye(); }

    // Takes a connected descriptor, or one that is about to be; with an error it stays the caller's.
    error_code assign(int fd) { return socket_.assign(fd); }
    // Of one whose connect(2) is in progress: completes when that has an end, and with what it came to.
    task<error_code> connected();

    // Shakes hands, step by step as the peer answers and the gate gives a turn, and is TLS from then on. When
    // that fails it is plain as before, with the connection still there to be asked why; whatever the peer
    // sent is lost. `limit` guards this socket: operation_aborted when it has expired, be it while a turn was
    // awaited. `served` is lent while the peer is waited for.
    task<error_code> secure(std::unique_ptr<tls::connection>& with, handshake_gate& gate,
                            const deadline* limit = nullptr, handshake_gate::slot* served = nullptr);
    tls::connection* tls() noexcept { return tls_.get(); } // null: plain

    bool is_open() const noexcept { return socket_.is_open(); }
    int fd() const noexcept { return socket_.native_handle(); }
    channel& lowest_layer() noexcept { return socket_; }

    // Without waiting; would_block when there is nothing.
    read_result try_read(std::span<char> into) noexcept;

    // Of a plain one: bytes move through a pipe that has room, in the kernel. EINVAL: not of this socket.
    read_result try_read(splice_pipe& into, std::size_t most) noexcept;
    // All that the pipe holds; would_block when that does not fit now. The process ignores SIGPIPE.
    error_code try_write(splice_pipe& from) noexcept;
    // Completes when the socket may take more; operation_aborted when `limit` expires before that.
    task<error_code> wait_writable(deadline& limit, std::chrono::milliseconds timeout);

    task<read_result> read_some(std::span<char> into);
    // Completes when try_read() may have something to tell; without a buffer, for whoever may wait for long.
    task<error_code> wait_readable();
    // Without waiting: takes what went out from the front of `bytes`; would_block when that was not all.
    // What is left is for write().
    error_code try_write(pieces& bytes) noexcept;
    // wait_readable() in two steps, for whoever would spare its coroutine: no wait is needed, or this is
    // awaited.
    bool may_be_readable() const noexcept { return tls_ ? tls_->has_buffered() : socket_.can_read(); }
    template <class Token>
    auto async_readable(Token&& token)
    {
        if (tls_) socket_.look_again();
        return socket_.async_wait(channel::wait_read, token);
    }

    task<error_code> write(std::string_view bytes);
    task<error_code> write(pieces bytes); // one after another, in as few system calls as the kernel allows

    // The same; `limit`, which guards this socket, is armed anew for each wait: a peer that takes some bytes
    // in every `timeout` is never cut. Disarmed on completion.
    task<error_code> write(pieces bytes, deadline& limit, std::chrono::milliseconds timeout);

    // Whether the peer ended or broke the connection, without taking a byte: unread data in front hides an
    // end.
    bool is_gone() noexcept;
    // The same, also behind unread data, for a connection that nobody may end before it is served.
    bool has_ended() noexcept;
    // Whether a read would give something: for a connection that should be silent.
    bool is_readable() noexcept;
    // The same as far as the last wake told: of a plain one that is known without asking the kernel, but what
    // came since is not.
    bool was_readable() noexcept { return (tls_ || socket_.can_read()) && is_readable(); }

    // Taken by the kernel since the beginning; of TLS, its records.
    std::uint64_t bytes_sent() const noexcept { return tls_ ? sent_ + tls_->bytes_sent() : sent_; }

    void cancel() noexcept;
    void shutdown_send() noexcept;  // of TLS, its close_notify first, unless a write has not come to its end
    void close() noexcept;          // the same
    void close_by_reset() noexcept; // no TIME_WAIT, unsent bytes are lost
    // The descriptor, which nobody waits for any more, and what makes it TLS.
    released_stream release();

private:
    // How far an attempt came, and what to wait for when it has not come to its end.
    struct attempt
    {
        std::size_t count = 0;
        error_code error; // would_block: to be waited for
        wait_type next = channel::wait_read;
    };

    task<tls::io_state> step(tls::connection& of, handshake_gate& gate, const deadline* limit);
    bool is_over(const deadline* limit) const noexcept;
    attempt try_read_from(std::span<char> into) noexcept;
    attempt read_records(std::span<char> into) noexcept;
    attempt send_once(const pieces& bytes) noexcept;
    attempt write_records(const pieces& bytes) noexcept;
    attempt attempted(const tls::io_result& result, bool is_write) const noexcept;
    task<error_code> wait(wait_type what);
    void say_goodbye() noexcept;

    channel socket_;
    std::unique_ptr<tls::connection> tls_;
    std::uint64_t sent_ = 0; // plain
    bool is_cut_ = false;    // of the last write something is not sent
};

} // namespace fairlead::net
