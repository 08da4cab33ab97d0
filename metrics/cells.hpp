// What is counted, as plain structs of instruments: one of each per worker and set of labels.
//
// A cell belongs to one worker thread, the only one that writes it; scrapes read it from elsewhere. It starts
// and ends on a cache line of its own, so that no worker's update touches another's line. Made and owned by
// worker_shard, which knows the labels; the address is stable for the life of the shard, and whoever counts
// keeps a reference to it.
#pragma once

#include "metrics/access_labels.hpp"
#include "metrics/instruments.hpp"
#include "metrics/labels.hpp"
#include "metrics/memory_labels.hpp"
#include "metrics/tls_labels.hpp"

#include <array>
#include <chrono>

namespace fairlead::metrics {

// From the request head to the 101, or the time in a queue.
struct handshake_bounds
{
    static constexpr std::array<std::chrono::nanoseconds, 13> bounds{
        std::chrono::milliseconds{1},   std::chrono::microseconds{2'500}, std::chrono::milliseconds{5},
        std::chrono::milliseconds{10},  std::chrono::milliseconds{25},    std::chrono::milliseconds{50},
        std::chrono::milliseconds{100}, std::chrono::milliseconds{250},   std::chrono::milliseconds{500},
        std::chrono::seconds{1},        std::chrono::milliseconds{2'500}, std::chrono::seconds{5},
        std::chrono::seconds{10}};
};

// From the 101 to the end of a tunnel.
struct lifetime_bounds
{
    static constexpr std::array<std::chrono::nanoseconds, 8> bounds{
        std::chrono::seconds{1},  std::chrono::seconds{10},  std::chrono::minutes{1},
        std::chrono::minutes{10}, std::chrono::hours{1},     std::chrono::hours{6},
        std::chrono::hours{24},   std::chrono::hours{7 * 24}};
};

// From a request head to the last byte of its response.
struct latency_bounds
{
    static constexpr std::array<std::chrono::nanoseconds, 15> bounds{
        std::chrono::milliseconds{1},   std::chrono::microseconds{2'500}, std::chrono::milliseconds{5},
        std::chrono::milliseconds{10},  std::chrono::milliseconds{25},    std::chrono::milliseconds{50},
        std::chrono::milliseconds{100}, std::chrono::milliseconds{250},   std::chrono::milliseconds{500},
        std::chrono::seconds{1},        std::chrono::milliseconds{2'500}, std::chrono::seconds{5},
        std::chrono::seconds{10},       std::chrono::seconds{30},         std::chrono::seconds{60}};
};

// From connect() to an established connection.
struct dial_bounds
{
    static constexpr std::array<std::chrono::nanoseconds, 11> bounds{
        std::chrono::microseconds{250},   std::chrono::milliseconds{1},   std::chrono::microseconds{2'500},
        std::chrono::milliseconds{5},     std::chrono::milliseconds{10},  std::chrono::milliseconds{25},
        std::chrono::milliseconds{100},   std::chrono::milliseconds{250}, std::chrono::seconds{1},
        std::chrono::milliseconds{2'500}, std::chrono::seconds{5}};
};

// From the proxy's ping to the pong.
struct round_trip_bounds
{
    static constexpr std::array<std::chrono::nanoseconds, 12> bounds{
        std::chrono::microseconds{250}, std::chrono::milliseconds{1},   std::chrono::microseconds{2'500},
        std::chrono::milliseconds{5},   std::chrono::milliseconds{10},  std::chrono::milliseconds{25},
        std::chrono::milliseconds{50},  std::chrono::milliseconds{100}, std::chrono::milliseconds{250},
        std::chrono::milliseconds{500}, std::chrono::seconds{1},        std::chrono::seconds{5}};
};

// From when a loop was to run something to when it did.
struct loop_lag_bounds
{
    static constexpr std::array<std::chrono::nanoseconds, 10> bounds{
        std::chrono::microseconds{100},   std::chrono::microseconds{500}, std::chrono::milliseconds{1},
        std::chrono::microseconds{2'500}, std::chrono::milliseconds{5},   std::chrono::milliseconds{10},
        std::chrono::milliseconds{25},    std::chrono::milliseconds{100}, std::chrono::milliseconds{250},
        std::chrono::seconds{1}};
};

using message_counters = by<frame_kind, counter, frame_kind::text, frame_kind::binary>;
using control_counters = by<frame_kind, counter, frame_kind::ping, frame_kind::close>;

// WebSocket tunnels of one route, pool and backend. Bytes, messages and control frames are those the proxy
// read, counted live; a message counts when its last frame ends (RFC 6455 5.4). Tunnels now open are opened
// less closed.
struct alignas(64) tunnel_cells
{
    counter opened;                           // 101 sent
    by<party, by<end_cause, counter>> closed; // by who ended it first, and why
    by<direction, counter> bytes;             // frames with their headers
    by<direction, message_counters> messages;
    by<direction, control_counters> controls;
    by<party, by<close_code_slot, counter>> close_codes; // by who sent the Close, or ended without one
    histogram<handshake_bounds> handshake;
    histogram<lifetime_bounds> lifetime;
    histogram<round_trip_bounds> client_round_trip; // of the proxy's own pings
    histogram<round_trip_bounds> backend_round_trip;
    counter delays; // reads that waited for a client's rate
    gauge staying;  // open tunnels that the proxy has not told to leave
};

struct compression_cells
{
    counter answers;
    gauge active;         // answers
    counter input_bytes;  // of bodies, as they came
    counter output_bytes; // ... as they went
    by<compression_skip, counter> skipped;
};

// HTTP exchanges of one route and pool. A 101 counts in requests[informational] and never in latency, whose
// tail would be the life of a tunnel.
struct alignas(64) http_cells
{
    by<status_class, counter> requests; // by the status the client got
    histogram<latency_bounds> latency;
    by<direction, counter> bytes; // of bodies
    by<password_result, counter> passwords;
    compression_cells compression;
};

// Connections to one backend of one pool.
struct alignas(64) backend_cells
{
    counter dials; // begun
    by<dial_failure, counter> dial_failures;
    histogram<dial_bounds> dial_seconds; // of those that succeeded
    counter reused;                      // exchanges that took an idle connection
    by<retry_cause, counter> retries;    // requests sent again after this backend failed them
    counter retries_withheld;            // those that were not, for the budget was used
    by<hedge_end, counter> hedges;       // requests that it left waiting, and another was asked too
    counter hedges_withheld;             // those for which no other was, for the budget was used
    counter foreign_ports;               // source ports that others were found to use
    counter sticky_diversions;           // requests that belong to this backend and went to another
    counter source_failovers;            // times a dial took another source
    counter pending_overflows;           // requests it was not dialled for, by max_pending
};

// The queue of one pool; whoever holds its lock writes.
struct alignas(64) queue_cells
{
    gauge waiting;
    by<queue_end, counter> ended;
    histogram<handshake_bounds> seconds; // of those that waited, however that ended
};

// TLS with clients, or with backends. A handshake counts when it is done; a failure may come after that.
struct alignas(64) tls_cells
{
    by<tls_version, by<tls_start, counter>> handshakes;
    by<tls_fault, counter> failures;
    histogram<dial_bounds> handshake_seconds; // of those that were done
    gauge under_way;                          // handshakes
};

// Checks of one backend of one pool, all its addresses together; the main thread's.
struct alignas(64) check_cells
{
    histogram<dial_bounds> seconds; // from connect() to the verdict, whatever it is
    by<check_failure, counter> failures;
};

// The worker itself.
struct alignas(64) worker_cells
{
    counter connections_accepted;
    gauge connections_open;                 // client connections, whatever they speak
    gauge sessions_open;                    // those that speak HTTP
    gauge tunnels_open;                     // those after a 101, of any protocol
    counter accept_pauses;                  // times accepting stopped for want of descriptors or memory
    by<exception_cost, counter> exceptions; // that nobody expected, by what they cost
    by<refusal, counter> refusals;
    by<proxy_protocol_version, counter> proxy_protocol_headers;
    by<proxy_protocol_fault, counter> proxy_protocol_refusals;
    counter relay_wakes;              // epoll_wait calls that returned events
    counter relay_events;             // the events they returned
    counter log_lines_dropped;        // that it could not hand over; the writer counts all
    by<drain_kind, gauge> drain_left; // tunnels that are still to be told
    // What its connections make it hold, counted as it is taken and given back. What sessions, tunnels and
    // handshakes take by themselves follows from their numbers, and is not in here.
    by<memory_kind, gauge> memory;
    by<shortage, by<shed, counter>> sheds;
    histogram<loop_lag_bounds> loop_lag; // of each tick
};

} // namespace fairlead::metrics
