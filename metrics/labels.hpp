// The closed sets of label values: what a metric may say besides the names an operator wrote in the
// configuration.
//
// label() gives the text Prometheus sees, a literal. `by` is an array indexed by one of these enums.
// No value comes from a client or a backend, so the number of series is bounded by the configuration.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fairlead::metrics {

enum class direction : std::uint8_t
{
    to_backend,
    to_client
};

enum class frame_kind : std::uint8_t
{
    text,
    binary,
    ping,
    pong,
    close
};

// Who did it.
enum class party : std::uint8_t
{
    client,
    backend,
    proxy
};

enum class status_class : std::uint8_t
{
    informational,
    success,
    redirect,
    client_error,
    server_error
};

// The class of a response status; 100..599, anything else is a server_error.
status_class class_of(unsigned status) noexcept;

// Why a request was answered by us and not by a backend.
enum class refusal : std::uint8_t
{
    bad_request,
    header_too_large,
    target_too_long,
    body_too_large,
    head_timeout,
    body_timeout,
    no_route,
    no_backend,
    connect_failed,
    ports_exhausted,
    response_timeout,
    bad_response,
    upgrade_refused,
    websocket_version,
    origin,
    route_full,
    client_full,
    upgrade_rate,
    draining,
    access,
    request_rate,
    unauthorized,
    auth_failed,
    password_rate,
    password_queue_full,
    backends_full,
    queue_full,
    queue_timeout,
    backends_pending,
    memory, // near memory_limit
};

// What became of a request that had to wait for a backend.
enum class queue_end : std::uint8_t
{
    served,
    full, // it did not wait: as many did already
    timeout,
    client_left
};

// Of the header that began a client's connection.
enum class proxy_protocol_version : std::uint8_t
{
    v1,
    v2
};

// Why a connection that had to begin with a PROXY protocol header was closed.
enum class proxy_protocol_fault : std::uint8_t
{
    missing,
    malformed,
    too_long,
    bad_checksum,
    cut, // the peer ended it in the middle
    timeout
};

// What an exception cost that nobody expected and that was caught.
enum class exception_cost : std::uint8_t
{
    session, // the connection, while it spoke HTTP or before
    tunnel,
    task // what the worker was about to do for itself
};

enum class dial_failure : std::uint8_t
{
    refused,
    timeout,
    unreachable,
    ports_exhausted,
    unresolved,
    no_resources,      // this process is out of descriptors or memory
    no_client_address, // the client's own address cannot be dialled from towards this backend
    tls,               // it was reached, but there was no TLS with it
    other
};

// Why a request was sent again.
enum class retry_cause : std::uint8_t
{
    unseen, // a kept connection had ended before the backend can have seen it
    reset,
    timeout,
    status
};

// What came of asking a second backend.
enum class hedge_end : std::uint8_t
{
    won,   // it answered first, or alone
    lost,  // the first one did
    failed // it did not answer, or could not be asked
};

// Why a backend is chosen or not; the first of them that is so.
enum class backend_condition : std::uint8_t
{
    down,        // its checks fail
    draining,    // it answers its checks that it wants no new connections
    ejected,     // it failed too much of what it was given
    backing_off, // it could not be connected to
    up
};

// What was wrong with a check of a backend.
enum class check_failure : std::uint8_t
{
    connect,   // refused or unreachable
    timeout,   // not over in time, whatever it waited for
    closed,    // the connection ended or broke before it was over
    malformed, // not HTTP, or not WebSocket frames
    status,
    body,
    handshake, // no right 101
    pong       // a Close instead of it
};

// How a tunnel ended, by its first cause.
enum class end_cause : std::uint8_t
{
    none,        // it has not
    close_frame, // a side sent a Close
    eof,         // TCP ended in order without one
    reset,       // TCP broke: reset, timed out, unreachable
    truncated,   // TCP ended without the end of TLS, and without a Close
    tls_error,   // what a side sent is not TLS, or was altered
    // What follows is the proxy's doing.
    overdue,         // a peer did not finish closing in time
    drained,         // this process, route, backend or listener was drained
    removed,         // a reload took its backend away
    dead_backend,    // its backend was found down, and the pool closes its tunnels then
    rebalanced,      // its backend held more than its share
    dead_peer,       // a side did not answer a ping
    idle,            // no data for too long
    aged,            // open for too long
    rate,            // the client was too fast for too long
    frame_too_big,   // above max_frame
    message_too_big, // above max_message
    protocol_error,  // a side broke RFC 6455, and the route enforces it
    slow_consumer,   // a side took no bytes for too long
    ordered,         // by an operator
    refused          // out of memory or descriptors
};

// Why tunnels are led away at a pace.
enum class drain_kind : std::uint8_t
{
    process,      // this process ends
    reload,       // their route or backend is no longer configured
    route,        // an operator drains the route
    backend,      // ... the backend
    listener,     // ... the listener they came by
    dead_backend, // their backend was found down, and its pool closes its tunnels then
};

// The status of a Close frame (RFC 6455 7.4), folded into a bounded set.
// `none` is a Close without a status (1005) and `abnormal` a connection that ended without a Close (1006).
enum class close_code_slot : std::uint8_t
{
    normal,              // 1000
    going_away,          // 1001
    protocol_error,      // 1002
    unsupported_data,    // 1003
    reserved,            // 1004
    none,                // 1005
    abnormal,            // 1006
    invalid_payload,     // 1007
    policy_violation,    // 1008
    message_too_big,     // 1009
    mandatory_extension, // 1010
    internal_error,      // 1011
    service_restart,     // 1012
    try_again_later,     // 1013
    bad_gateway,         // 1014
    tls_failure,         // 1015
    registered,          // 3000-3999: registered with IANA by libraries and frameworks
    application,         // 4000-4999: private use
    other,               // not a status that may be sent
};

// Never fails: an unknown or invalid code is `other`. A peer that writes 1005 or 1006 into a frame is counted
// with the ends those numbers stand for.
close_code_slot slot_of(std::uint16_t code) noexcept;

std::string_view label(direction value) noexcept;
std::string_view label(frame_kind value) noexcept;
std::string_view label(party value) noexcept;
std::string_view label(status_class value) noexcept;
std::string_view label(refusal value) noexcept;
std::string_view label(queue_end value) noexcept;
std::string_view label(dial_failure value) noexcept;
std::string_view label(retry_cause value) noexcept;
std::string_view label(hedge_end value) noexcept;
std::string_view label(end_cause value) noexcept;
std::string_view label(backend_condition value) noexcept;
std::string_view label(check_failure value) noexcept;
std::string_view label(drain_kind value) noexcept;
std::string_view label(proxy_protocol_version value) noexcept;
std::string_view label(proxy_protocol_fault value) noexcept;
std::string_view label(exception_cost value) noexcept;
std::string_view label(close_code_slot value) noexcept;

// The last enumerator of each set; the first has the value 0.
template <class Enum>
inline constexpr Enum last_of{};
template <>
inline constexpr direction last_of<direction> = direction::to_client;
template <>
inline constexpr frame_kind last_of<frame_kind> = frame_kind::close;
template <>
inline constexpr party last_of<party> = party::proxy;
template <>
inline constexpr status_class last_of<status_class> = status_class::server_error;
template <>
inline constexpr refusal last_of<refusal> = refusal::memory;
template <>
inline constexpr queue_end last_of<queue_end> = queue_end::client_left;
template <>
inline constexpr proxy_protocol_version last_of<proxy_protocol_version> = proxy_protocol_version::v2;
template <>
inline constexpr proxy_protocol_fault last_of<proxy_protocol_fault> = proxy_protocol_fault::timeout;
template <>
inline constexpr exception_cost last_of<exception_cost> = exception_cost::task;
template <>
inline constexpr dial_failure last_of<dial_failure> = dial_failure::other;
template <>
inline constexpr retry_cause last_of<retry_cause> = retry_cause::status;
template <>
inline constexpr hedge_end last_of<hedge_end> = hedge_end::failed;
template <>
inline constexpr end_cause last_of<end_cause> = end_cause::refused;
template <>
inline constexpr backend_condition last_of<backend_condition> = backend_condition::up;
template <>
inline constexpr check_failure last_of<check_failure> = check_failure::pong;
template <>
inline constexpr drain_kind last_of<drain_kind> = drain_kind::dead_backend;
template <>
inline constexpr close_code_slot last_of<close_code_slot> = close_code_slot::other;

// One Value for each enumerator from First to Last, both included; indexing outside is a bug (asserted).
template <class Enum, class Value, Enum First = Enum{}, Enum Last = last_of<Enum>>
class by
{
public:
    static constexpr std::size_t size = static_cast<std::size_t>(Last) - static_cast<std::size_t>(First) + 1;

    Value& operator[](Enum which) noexcept { return values_[index_of(which)]; }
    const Value& operator[](Enum which) const noexcept { return values_[index_of(which)]; }

    // Every enumerator in order, for loops.
    static constexpr std::array<Enum, size> keys() noexcept
    {
        std::array<Enum, size> all{};
        for (std::size_t i = 0; i < size; ++i)
            all[i] = static_cast<Enum>(static_cast<std::size_t>(First) + i);
        return all;
    }

private:
    static std::size_t index_of(Enum which) noexcept
    {
        assert(which >= First && which <= Last);
        return static_cast<std::size_t>(which) - static_cast<std::size_t>(First);
    }

    std::array<Value, size> values_{};
};

} // namespace fairlead::metrics
