// Moves the bytes of all tunnels of one worker.
//
// One epoll set, each socket added once, edge-triggered for reading and writing; the set's own descriptor is
// waited for inside the worker's io_context. An event reads into one buffer of the worker, follows the frames
// and writes at once; only what the kernel does not take is kept, at most one buffer's worth a direction, and
// nothing is read from the other side until it is gone. Half-closed connections are relayed as such.
//
// A large payload between two plain sockets is spliced through a pipe of the thread's instead, and never
// seen: the frame's header has told how much of it comes. What is in the pipe when a side takes no more waits
// there, in at most 32 pipes of 256 KiB for a worker; who gets none copies.
//
// A side may be TLS: its bytes are records then, several of which one system call moves, and its end is a
// close_notify with the FIN behind it.
//
// What a tunnel costs while idle: one block of sizeof(tunnel) and its texts, no buffer. What a message costs:
// one recv, one send and its share of an epoll_wait.
//
// Payload passes untouched. What the relay itself sends, pings and a Close, goes out between two frames (RFC
// 6455 5.4), masked towards the backend (5.3); after its Close nothing else is sent to that side. A pong is
// swallowed when it answers a ping of the relay's own, and no other.
//
// Where a route has limits, a frame is judged by its first bytes before any of it goes on; at most 14 bytes
// are held back for that, and only when they come in pieces. Time is the wheel's, to a tick; a tunnel has one
// deadline, for whatever comes first, and nothing is armed for each message.
//
// Thread: the worker's only. Lifetime: the io_context, the wheel and the observer outlive it; destroying it
// closes all tunnels at once. Errors: a tunnel's I/O errors end that tunnel; the observer hears of each end
// exactly once.
#pragma once

#include "proxy/net/socket.hpp"
#include "proxy/net/stream.hpp"
#include "proxy/websocket/tunnel.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/intrusive/list.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

struct epoll_event;

namespace fairlead::websocket {

// Hears of the ends of tunnels. The tunnel is destroyed after the call.
class tunnel_observer
{
public:
    virtual void tunnel_ended(const tunnel& ended) noexcept = 0;

protected:
    ~tunnel_observer() = default;
};

// What a session hands over with its two connected, non-blocking sockets.
struct tunnel_start
{
    net::released_stream client; // owned from here on
    net::released_stream backend;
    bool is_websocket = true;           // else plain bytes
    std::uint8_t reserved_bits = 0;     // that the agreed extensions may set, RSV1 is 4
    std::uint32_t sticky_key = 0;       // the hash by which the backend was chosen; 0: it was not
    std::span<const char> from_client;  // read behind the request head already
    std::span<const char> from_backend; // read behind the 101 already
    boost::intrusive_ptr<tunnel_origin> origin;
    tunnel_texts::parts texts;
    timeline times;
    snat::tuple_lease source;
    upstream::backend_use use;
    routing::route_use of_route;
    routing::client_use of_client;
};

// How the proxy itself ends a tunnel: a Close to each side, unless that side has had one.
struct own_close
{
    std::uint16_t to_client = 1001;
    std::uint16_t to_backend = 1001;
    end_cause cause = end_cause::drained;
};

class frame_trace;

class relay
{
public:
    struct options
    {
        std::size_t buffer_bytes =
            64 * 1024; // of the worker's one buffer: the bound on what waits per direction
    };

    // Throws boost::system::system_error when no epoll set can be made.
    relay(net::asio::io_context& io, net::timer_wheel& wheel, metrics::worker_cells& cells,
          tunnel_observer& observer, options limits);
    relay(const relay&) = delete;
    relay& operator=(const relay&) = delete;
    ~relay();

    // Ends all tunnels at once and watches nothing any more. The io_context must run its handlers once more
    // before the relay is destroyed.
    void shut_down();

    // Takes over both descriptors, also when it fails: then both are closed and false is returned.
    bool launch(tunnel_start start);

    std::size_t size() const noexcept { return tunnels_.size(); }

    // Begins to end a tunnel: a Close to both sides, then a wait for theirs. Plain tunnels are ended at once.
    void close(tunnel& which, const own_close& how);

    // The same for up to `count` tunnels that are not ending yet, the oldest first; returns how many there
    // were.
    std::size_t close_oldest(std::size_t count, const own_close& how);

    // Who looks at all tunnels; each has one look under way at most.
    enum class looker : std::uint8_t
    {
        query,
        log
    };

    // A look at all tunnels, the oldest first, in steps of `most`, between which others have their turns:
    // what opens meanwhile comes last, what ends is left out. The visitor may close the one that it sees.
    // False when that was all.
    template <class Visitor>
    bool look_at_all(looker who, bool from_the_beginning, std::size_t most, Visitor visit)
    {
        tunnel*& next = next_seen_[static_cast<std::size_t>(who)];
        if (from_the_beginning) next = tunnels_.empty() ? nullptr : &tunnels_.front();
        for (; next != nullptr && most > 0; --most) {
            tunnel& seen = *next;
            next = behind(seen);
            visit(seen);
        }
        return next != nullptr;
    }
    // How long after its opening that was, to a tick.
    static std::chrono::milliseconds after_opening(const tunnel& of, tick_count at) noexcept;
    // Since the last data frame, either way, or since the opening; to a tick.
    std::chrono::milliseconds since_data(const tunnel& of) const noexcept;

    // Tells the headers of a WebSocket's frames from now on, until it ends or end_trace().
    void trace(tunnel& which, std::shared_ptr<frame_trace> into);
    void end_trace(const frame_trace& into) noexcept;

    // Asks a tunnel's clock anew, after its policy has changed.
    void reconsider(tunnel& which);

    static void on_deadline(net::wheel_entry& entry) noexcept;

private:
    using tunnel_list = boost::intrusive::list<tunnel, boost::intrusive::constant_time_size<true>>;
    using bytes = std::span<const std::uint8_t>;
    struct frame_view;

    void wait();
    void on_readable();
    void run_events(std::span<const epoll_event> events);
    void run_ready();
    void run_ready_soon();
    void on_event(tunnel& which, side from, std::uint32_t events);
    void go_on_later(tunnel& which);

    void begin(tunnel& fresh, const tunnel_start& start);
    void pump(tunnel& which, side from);
    leg::moved copy_some(tunnel& which, side from);
    static void note_read(leg& source, const leg::moved& got) noexcept;
    std::size_t payload_to_splice(const tunnel& which, side from) const noexcept;
    leg::moved splice_some(tunnel& which, side from, std::size_t most);
    void follow_spliced(tunnel& which, side from, std::size_t byte_count);
    void send_or_keep(tunnel& which, side to, net::splice_pipe pipe);
    void read_end(tunnel& which, side from, end_cause cause);
    void forward(tunnel& which, side from, bytes data);
    void forward_until_close(tunnel& which, side from, bytes data);
    void send_or_keep(tunnel& which, side to, bytes data);
    void forward_read_ahead(tunnel& which, side from, std::span<const char> data);
    void leave_unread(tunnel& which, side from);
    void wait_for(tunnel& which, side to);
    void flush(tunnel& which, side to);
    void send_end(tunnel& which, side to);

    bool is_judged(const tunnel& which, side from) const noexcept;
    void forward_judged(tunnel& which, side from, bytes data);
    frame_view look_at(tunnel& which, side from, bytes rest);
    static void hold(tunnel& which, side from, bytes part);
    bytes with_held(tunnel& which, side from, bytes data) noexcept;
    void release_held(tunnel& which, side from);
    static void note_first_message(tunnel& which, side from) noexcept;
    void meter(tunnel& which, const throttle::amount& of);

    void keep_up(tunnel& which);
    void end_if_stalled(tunnel& which, tick_count at, tick_count& due);
    void keep_alive(tunnel& which, tick_count at, tick_count& due);
    bool is_unread(const tunnel& which, side from) const noexcept;
    bool may_ping(const tunnel& which, side to) const noexcept;
    void ping(tunnel& which, side to);
    bool takes_pong(tunnel& which, side from, const frame_start& pong, bytes payload) noexcept;
    void arm(tunnel& which, tick_count due) noexcept;

    void trace_frames(const tunnel& which, side from, bytes data) noexcept;
    void trace_own(const tunnel& which, side to, const frame_header& header, std::uint16_t code) noexcept;
    void end_traces(const tunnel& which) noexcept;

    void put_close(tunnel& which, side to);
    void saw_close(tunnel& which, side from);
    void begin_end(tunnel& which, metrics::party by, end_cause cause, std::uint16_t code) noexcept;
    void end_within(tunnel& which, tick_count time) noexcept;
    void end_if_done(tunnel& which);
    static void leave_origin(tunnel& which) noexcept;
    void break_off(tunnel& which, side broken);
    void finish(tunnel& which);
    void give_up(tunnel& which);
    void count_end(tunnel& which) noexcept;
    void bury() noexcept;
    tunnel* behind(tunnel& seen) noexcept
    {
        const auto next = std::next(tunnels_.iterator_to(seen));
        return next == tunnels_.end() ? nullptr : &*next;
    }

    tick_count now() const noexcept;
    std::uint8_t* room() noexcept { return buffer_.data() + held_room; }
    std::size_t room_size() const noexcept { return buffer_.size() - held_room; }

    static constexpr std::size_t short_read = 512; // where the header of a large frame is expected
    static constexpr std::size_t splice_from =
        32UL * 1024;                             // bytes of payload to come; below, copying is as fast
    static constexpr std::size_t held_room = 32; // before what is read, for what was held back
    static constexpr std::size_t ping_bytes = 8; // the payload of the relay's own pings

    net::asio::posix::basic_stream_descriptor<net::executor> epoll_;
    net::timer_wheel& wheel_;
    metrics::worker_cells& cells_;
    tunnel_observer& observer_;
    const net::milliseconds_count epoch_;
    std::array<std::uint8_t, 4> ping_mark_; // the first half of every ping's payload
    std::vector<std::uint8_t> buffer_;
    net::slabs memory_;
    tunnel_list tunnels_;                // alive, oldest first
    tunnel_list closed_;                 // to be destroyed when no event can name them any more
    std::vector<tunnel*> ready_;         // whose turn was cut short
    std::array<tunnel*, 2> next_seen_{}; // by each looker; null: no look is under way
    bool in_batch_ = false;
    struct traced
    {
        tunnel* which;
        std::shared_ptr<frame_trace> into;
    };
    std::vector<traced> traces_;
};

} // namespace fairlead::websocket
