// One connection after its 101: two sockets and what is known of them. Plain state; the relay moves the
// bytes.
//
// Budget: under 320 bytes by static_assert, one heap block, plus one block of about 100 bytes for the texts
// of the log. No buffer while nothing is waiting. Lifetime: made and destroyed by the relay of one worker, on
// its thread.
#pragma once

#include "metrics/cells.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "proxy/routing/route_load.hpp"
#include "proxy/snat/tuple_space.hpp"
#include "proxy/upstream/backend.hpp"
#include "proxy/websocket/frame_scanner.hpp"

#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::websocket {

enum class side : std::uint8_t
{
    client,
    backend
};

constexpr side other(side of) noexcept { return of == side::client ? side::backend : side::client; }

// How a tunnel ended, first cause first.
enum class end_cause : std::uint8_t
{
    none,
    close_frame, // a Close was sent
    eof,         // TCP ended in order without one
    reset,       // TCP broke: reset, timed out, unreachable
    drained,     // the proxy left: shutdown
    overdue,     // a peer did not finish closing in time
    refused,     // the proxy could not keep it: out of memory or descriptors
};

struct tunnel_end
{
    metrics::party by = metrics::party::proxy;
    end_cause cause = end_cause::none;
    std::uint16_t code = 0; // of the Close that began the end; 0 without one
};

// What all tunnels of one route to one backend share. Of one worker: its reference count is not atomic.
struct tunnel_origin : boost::intrusive_ref_counter<tunnel_origin, boost::thread_unsafe_counter>
{
    std::string route;
    std::string pool;
    std::string backend;
    metrics::tunnel_cells* cells = nullptr; // null for upgrades that are not WebSockets
    net::milliseconds_count close_timeout_ms = 0;
};

// Texts for the access log in one block: the client's address and the like, each up to 1 KiB.
class tunnel_texts
{
public:
    enum class part : std::uint8_t
    {
        id,
        client,
        source,
        host,
        path,
        subprotocol,
        user_agent
    };
    static constexpr std::size_t part_count = 7;
    using parts = std::array<std::string_view, part_count>;

    explicit tunnel_texts(const parts& values);
    std::string_view operator[](part which) const noexcept;

private:
    std::unique_ptr<char[]> block_; // part_count 16-bit lengths, then the texts
};

// One side's socket, what comes from it and what waits to go to it.
struct leg
{
    enum class closing : std::uint8_t
    {
        no,
        wanted,
        sent
    }; // the proxy's own Close towards this side

    explicit leg(side of) noexcept
        : from(of == side::client)
    {}

    frame_scanner from; // follows what this side sends
    std::unique_ptr<std::vector<std::uint8_t>>
        waiting;             // what the kernel did not take for this side; its bound is the relay's
    std::uint64_t bytes = 0; // received from this side
    std::uint64_t messages = 0;
    int fd = -1;
    std::uint16_t close_code = 0; // of the Close this side sent; 0 none
    closing close = closing::no;
    bool may_read : 1 = true;    // the kernel may have bytes that were not read yet
    bool saw_hangup : 1 = false; // its FIN is announced: read on to the end of the stream
    bool has_ended : 1 = false;  // its FIN was read
    bool end_wanted : 1 = false; // send a FIN when nothing waits
    bool end_sent : 1 = false;
};

struct tunnel : boost::intrusive::list_base_hook<>, net::wheel_entry
{
    explicit tunnel(tunnel_texts log_texts) noexcept;

    leg& of(side which) noexcept { return which == side::client ? client : backend; }
    const leg& of(side which) const noexcept { return which == side::client ? client : backend; }

    net::wheel_entry& deadline() noexcept { return *this; }
    bool sent_own_close() const noexcept
    {
        return client.close == leg::closing::sent || backend.close == leg::closing::sent;
    }

    leg client{side::client};
    leg backend{side::backend};
    boost::intrusive_ptr<tunnel_origin> origin;
    class relay* owner = nullptr;
    tunnel_texts texts;
    snat::tuple_lease source;
    upstream::backend_use use;
    routing::route_use of_route;
    std::chrono::steady_clock::time_point opened_at;
    tunnel* next_ready = nullptr;
    tunnel_end end;
    std::uint16_t close_code_wanted = 0; // of the proxy's own Close
    bool is_websocket = true;
    bool is_ready : 1 = false;  // in the relay's list of tunnels to go on with
    bool is_closed : 1 = false; // waits for its destruction
};

static_assert(sizeof(tunnel) < 320, "the budget of an idle tunnel");

} // namespace fairlead::websocket
