// One side of a tunnel: its socket, what comes from it and what waits to go to it.
//
// Plain state with operations that move bytes and nothing else: what they mean for the tunnel is the relay's
// to decide. A leg is plain or TLS; plain costs one look at a pointer. Thread: the worker's.
#pragma once

#include "proxy/net/counted_allocator.hpp"
#include "proxy/net/splice_pipe.hpp"
#include "proxy/websocket/frame_scanner.hpp"
#include "proxy/websocket/keepalive.hpp"
#include "proxy/websocket/side.hpp"
#include "tls/connection.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace fairlead::websocket {

// What TLS keeps of records for a side, as its thread's memory_account was told: in steps of 512 bytes.
class kept_records
{
public:
    kept_records() = default;
    kept_records(const kept_records&) = delete;
    kept_records& operator=(const kept_records&) = delete;
    ~kept_records() { note(0); }

    void note(std::size_t bytes) noexcept;

private:
    std::uint8_t steps_ = 0;
};

struct leg
{
    enum class closing : std::uint8_t
    {
        no,
        wanted,
        sent
    }; // the proxy's own Close towards this side

    // How a read or a write came out.
    enum class outcome : std::uint8_t
    {
        done,    // of a read: there may be more; of a write: all of it
        blocked, // of a read: an event tells when there is more; of a write: when the rest can be offered
        ended,   // in order
        cut,     // TCP ended without the end of TLS
        broken
    };
    struct moved
    {
        std::size_t count = 0;
        outcome what = outcome::done;
        bool has_progress =
            false; // of a write: the side took something, which of TLS need not be of these bytes
    };

    explicit leg(side of) noexcept
        : from(of == side::client)
    {}

    // A short read emptied the socket, so the read that would find it empty is spared: `drained`.
    moved receive(std::span<std::uint8_t> room) noexcept
    {
        return tls ? receive_records(room) : receive_bytes(room);
    }
    // Also of nothing, to go on with what TLS has of earlier bytes. What more follows soon, the kernel may
    // put off, to send both together.
    enum class follow_up : std::uint8_t
    {
        none,
        soon
    };
    moved send(std::span<const std::uint8_t> data, follow_up next = follow_up::none) noexcept
    {
        return tls ? send_records(data) : send_bytes(data, next);
    }
    // The same by way of a pipe, of plain legs alone.
    moved receive(net::splice_pipe& into, std::size_t most) noexcept;
    moved send(net::splice_pipe& pipe) noexcept;
    // What waits, from its beginning on; what was taken is no longer in it.
    moved send_waiting() noexcept;
    // How what goes to this side ends: `cut` is told to TLS as well, by the close_notify that is left out.
    enum class ending : std::uint8_t
    {
        in_order,
        cut
    };
    // Ends what goes to this side; false when that has to wait until it takes what it has.
    bool finish_sending(ending how) noexcept;
    // Says goodbye as far as that goes at once, and closes.
    void hang_up(ending how) noexcept;
    void hang_up_by_reset() noexcept; // no TIME_WAIT: the port is free at once

    // What a side did not take; its bound is the relay's.
    struct remainder
    {
        net::splice_pipe pipe; // goes first; not open where nothing was spliced
        std::vector<std::uint8_t, net::counted_allocator<std::uint8_t, metrics::memory_kind::remainders>>
            bytes;

        std::size_t size() const noexcept { return pipe.held() + bytes.size(); }
    };

    // Whether it would take bytes now; if not, an event tells when it does.
    bool takes_bytes() const noexcept;

    frame_scanner from;                   // follows what this side sends
    std::unique_ptr<remainder> waiting;   // for this side. Empty while TLS alone has something left
    std::unique_ptr<tls::connection> tls; // null: plain
    std::uint64_t bytes = 0;              // received from this side
    std::uint64_t messages = 0;
    int fd = -1;
    std::uint32_t pinged_us = 0;     // when, of a steady clock; it wraps in 71 minutes
    std::uint32_t round_trip_us = 0; // of the last ping of the proxy's own; 0: not known
    tick_count stalled_at = 0;       // takes no bytes since then; only while `waiting`
    std::uint16_t close_code = 0;    // of the Close this side sent; 0 none
    std::uint16_t own_code = 0;      // of the proxy's own Close to this side
    kept_records kept;
    closing close = closing::no;
    bool may_read : 1 = true;    // there may be bytes that were not read yet
    bool saw_hangup : 1 = false; // its FIN is announced: read on to the end of the stream
    bool has_ended : 1 = false;  // its FIN was read
    bool was_cut : 1 = false;    // with its FIN, and without the end of TLS before
    bool end_wanted : 1 = false; // send a FIN when nothing waits
    bool end_sent : 1 = false;
    bool owes_pong : 1 = false;  // to a ping of the proxy's own
    bool is_delayed : 1 = false; // for its rate: not read until the relay resumes it
    bool is_bulky : 1 = false;   // its last data frame was spliced, or is being: the next may be large too

private:
    moved receive_bytes(std::span<std::uint8_t> room) noexcept;
    moved receive_records(std::span<std::uint8_t> room) noexcept;
    moved send_bytes(std::span<const std::uint8_t> data, follow_up next) noexcept;
    moved send_records(std::span<const std::uint8_t> data) noexcept;
};

} // namespace fairlead::websocket
