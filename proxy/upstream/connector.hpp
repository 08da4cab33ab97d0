// Finds a connection to some backend of a pool for one request: a kept one, or a new one, from backend to
// backend.
//
// A backend that fails to connect begins its back-off and another is tried; one that was never reached costs
// one try. Those towards which no source tuple is free are passed over and cost none. A dial that fails for
// want of source tuples, descriptors or a resolved name says nothing of the backend and begins no back-off.
// Where every backend that serves has its max_connections, the request waits in its pool's queue, if that
// takes it. By a pool's stickiness it waits for its own backend, and goes elsewhere when its time is over.
// Completes when: connected, every backend that may be tried has failed, or there was no room. Thread: the
// worker's.
#pragma once

#include "metrics/cells.hpp"
#include "proxy/upstream/balancer.hpp"
#include "proxy/upstream/dial_stop.hpp"
#include "proxy/upstream/dialer.hpp"
#include "proxy/upstream/idle_connections.hpp"
#include "proxy/upstream/request_queue.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace fairlead::upstream {

struct connect_request
{
    const pool& from;
    balancer& choice;
    std::span<metrics::backend_cells* const> cells; // by position of the backend
    const conf::socket_options& options;
    const net::connection_ends& ends; // of the client's connection
    std::string_view before_tls = {}; // see dial_request
    bool may_reuse = true;
    sticky_request sticky = {};
    tried_backends tried;                        // in and out
    std::optional<backend_choice> foreseen = {}; // by connect_at_once(), for connect() to go by

    // Nobody needs the connection any more: ends a wait for room and a dial, one to come too.
    void leave() noexcept
    {
        stop.tell();
        if (place != nullptr) place->tell_to_leave();
    }

    queue_place* place = nullptr;          // while it waits
    std::chrono::nanoseconds waited{0};    // for room, so far
    std::optional<std::uint32_t> chosen{}; // the backend that it was chosen last for it
    bool may_wait = true;                  // for room, where the pool has a queue
    dial_stop stop{};
};

enum class no_room : std::uint8_t
{
    none,
    backends_full, // and nobody waits for them
    queue_full,
    queue_timeout,
    left,            // leave()
    backends_pending // max_pending
};

struct connect_outcome
{
    connection_ptr made;
    backend_use use; // of the backend, from the choice on
    std::uint32_t position = 0;
    metrics::dial_failure failure = metrics::dial_failure::unresolved; // the last one, when nothing was made
    std::optional<tls::fault> tls_fault;                               // where `failure` is tls
    bool was_any_tried = false;
    no_room refused = no_room::none; // when nothing was made
};

class connector
{
public:
    connector(dialer& dials, idle_connections& idle, net::executor where, net::timer_wheel& wheel)
        : dials_(dials)
        , idle_(idle)
        , where_(std::move(where))
        , wheel_(wheel)
    {}

    // The usual case, without a coroutine: a kept connection. False: nothing was done, and connect() goes on.
    bool connect_at_once(connect_request& request, connect_outcome& outcome);
    net::task<connect_outcome> connect(connect_request& request);

private:
    // The wait of one request for room.
    struct room_search
    {
        std::optional<queue_place> place;    // from the first time that there was none
        std::optional<std::uint32_t> wanted; // the backend that it waits for; nothing: any
        bool lacks_room = false;             // and nothing else
        bool is_late = false;
    };

    static std::optional<backend_choice> choose(connect_request& request, room_search& search);
    net::task<no_room> wait_for_room(connect_request& request, room_search& search);

    dialer& dials_;
    idle_connections& idle_;
    net::executor where_;
    net::timer_wheel& wheel_;
};

} // namespace fairlead::upstream
