// One connection after its 101: two sockets and what is known of them. Plain state; the relay moves the
// bytes.
//
// Budget: at most 384 bytes by static_assert, in one block with the texts of the log, some 90 bytes. No
// buffer while nothing is waiting. Lifetime: made and destroyed by the relay of one worker, on its thread.
#pragma once

#include "metrics/cells.hpp"
#include "proxy/net/slabs.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "proxy/routing/route_load.hpp"
#include "proxy/snat/tuple_space.hpp"
#include "proxy/upstream/backend.hpp"
#include "proxy/websocket/leg.hpp"
#include "proxy/websocket/timeline.hpp"
#include "proxy/websocket/tunnel_policy.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::websocket {

using metrics::end_cause;

// How far a tunnel had come when it ended.
enum class end_phase : std::uint8_t
{
    open,    // nobody had sent a Close
    closing, // somebody had
    closed   // both sides had
};

struct tunnel_end
{
    metrics::party by = metrics::party::proxy;
    end_cause cause = end_cause::none;
    std::uint16_t code = 0; // of the Close that began the end; 0 without one
};

struct tunnel;
using origin_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct origin_tag>>;

// What all tunnels of one listener and route to one backend share, and the list of those that are not ending,
// the oldest first. Of one worker: its reference count is not atomic.
struct tunnel_origin : boost::intrusive_ref_counter<tunnel_origin, boost::thread_unsafe_counter>
{
    std::string route;
    std::string pool;
    std::string backend;
    std::string listener;                   // its address
    metrics::tunnel_cells* cells = nullptr; // null for upgrades that are not WebSockets
    tunnel_policy policy;
    bool is_websocket = true;
    bool is_new = true;             // no route has given it a policy yet
    bool is_gone = false;           // its route or backend is no longer configured
    class relay* carrier = nullptr; // of its tunnels
    std::uint32_t open = 0;         // tunnels, ending ones included
    boost::intrusive::list<tunnel, boost::intrusive::base_hook<origin_hook>> tunnels;
};

// Texts for the access log: the client's address and the like, each up to 1 KiB.
struct tunnel_texts
{
    enum class part : std::uint8_t
    {
        id,
        client,
        source,
        host,
        path,
        subprotocol,
        user_agent,
        user,    // whose password was right
        trace_id // its 16 bytes; empty: none
    };
    static constexpr std::size_t part_count = 9;
    using parts = std::array<std::string_view, part_count>;
};

// The first bytes of a frame of which not enough came to judge it.
struct frame_part
{
    std::array<std::uint8_t, 24> bytes;
    std::uint8_t size = 0; // 0: there are none
};

struct tunnel : boost::intrusive::list_base_hook<>, origin_hook, net::wheel_entry
{
    // Keeps copies of the texts. Throws std::bad_alloc.
    static std::unique_ptr<tunnel> make(net::slabs& memory, const tunnel_texts::parts& texts,
                                        const timeline& times, tick_count now);
    static void operator delete(void* block) noexcept { net::slabs::give_back(block); }

    std::string_view text(tunnel_texts::part which) const noexcept;

    leg& of(side which) noexcept { return which == side::client ? client : backend; }
    const leg& of(side which) const noexcept { return which == side::client ? client : backend; }

    net::wheel_entry& deadline() noexcept { return *this; }
    const tunnel_policy& policy() const noexcept { return origin->policy; }
    bool sent_own_close() const noexcept
    {
        return client.close == leg::closing::sent || backend.close == leg::closing::sent;
    }
    end_phase phase() const noexcept;
    // Whether all that this side is to get is with the kernel, and its end was meant by whoever made it.
    leg::ending ending_of(side which) const noexcept;

    leg client{side::client};
    leg backend{side::backend};
    boost::intrusive_ptr<tunnel_origin> origin;
    snat::tuple_lease source;
    upstream::backend_use use;
    routing::route_use of_route;
    routing::client_use of_client;
    std::unique_ptr<throttle> client_rate; // made by the first message, where there is a limit
    std::chrono::steady_clock::time_point opened_at;
    // The first bytes of frames of which not enough came to judge them, by the side they came from.
    std::unique_ptr<std::array<frame_part, 2>> held;
    keepalive alive;
    timeline times;
    tick_count ends_at = 0;    // the latest; 0: not ending
    tick_count resumes_at = 0; // reading from the client, while it is delayed
    tunnel_end end;
    std::uint32_t sticky_key = 0;   // the hash by which its backend was chosen; 0: by none
    std::uint8_t reserved_bits = 0; // that the agreed extensions may set
    bool is_websocket = true;
    bool is_closing : 1 = false; // close() was called
    bool is_ready : 1 = false;   // in the relay's list of tunnels to go on with
    bool is_torn : 1 = false;    // bytes of it are lost
    bool is_closed : 1 = false;  // waits for its destruction
    bool is_traced : 1 = false;  // somebody looks on

private:
    struct room
    {
        net::slabs& memory;
        std::size_t text_bytes; // behind it
    };
    static void* operator new(std::size_t size, const room& where)
    {
        return where.memory.take(size + where.text_bytes);
    }
    static void operator delete(void* block, const room&) noexcept { net::slabs::give_back(block); }
    tunnel(const timeline& before, tick_count now) noexcept;

    const char* first_text() const noexcept;

    std::array<std::uint16_t, tunnel_texts::part_count> text_sizes_{};
};

static_assert(sizeof(tunnel) <= 384, "the budget of an idle tunnel");
static_assert(alignof(tunnel) <= 8, "as slabs align");

} // namespace fairlead::websocket
