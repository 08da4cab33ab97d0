// The whole configuration as plain, checked values: what an operator wrote, with defaults filled in.
//
// Nothing here refers to TOML, sockets or time. A config that read_config() returned is consistent: every
// pool named by a route exists, every number is in its range, every value has its type, every regex
// compiles (RE2, UTF-8). "At least one" of listeners, pools and routes holds for a configuration that was
// read for the proxy, of npath for one that was read for that. Values are immutable after loading; share
// them as shared_ptr<const config>.
#pragma once

#include "conf/admin_options.hpp"
#include "conf/discover_options.hpp"
#include "conf/edge_options.hpp"
#include "conf/health_options.hpp"
#include "conf/hedge_options.hpp"
#include "conf/log_options.hpp"
#include "conf/port_ranges.hpp"
#include "conf/process_options.hpp"
#include "conf/retry_options.hpp"
#include "conf/source_position.hpp"
#include "conf/tls_options.hpp"
#include "conf/sticky_options.hpp"
#include "conf/values.hpp"
#include "conf/websocket_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::conf {

enum class proxy_protocol : std::uint8_t
{
    none,
    v1,
    v2
};

struct listen_options // [[listen]]
{
    endpoint address; // ip or unix_path
    source_position where;
    peer_list proxy_protocol_from; // their connections begin with a PROXY protocol header, no others do
    rate_limit upgrades;           // that come in through it
    std::optional<listen_tls_options> tls = {};
    std::uint16_t redirect_port = 0; // of https, where every request is sent to; 0: it is served
    std::optional<trace_handling> trace_context = {}; // else forward.trace_context
};

// [timeouts]: each bounds one wait of one connection; 0 is never.
struct timeout_options
{
    duration head{10'000};       // from the first byte of a request head to its end
    duration keep_alive{60'000}; // an idle client connection between requests, and before the first
    duration body{30'000};       // between two pieces of a request body
    duration write{60'000};      // a peer that takes no bytes
    duration connect{5'000};     // a pool may override it
    duration response{60'000};   // from the request's last byte to the response head; a pool may override it
    duration response_body{0};   // between two pieces of a response body: never cut an event stream
    duration total{0};           // a whole exchange, from the request head on; a pool may override it
    duration upstream_idle{30'000}; // an unused connection to a backend
    duration tls_handshake{10'000}; // a client's or a backend's, from its beginning to its end

    bool operator==(const timeout_options&) const = default;
};

// [limits]: bounds on what one client connection may make us hold, and all of them together.
struct limit_options
{
    byte_count header_bytes = 32ULL * 1024;  // a whole request or response head; at most 60 KiB
    std::uint32_t header_count = 100;        // fields in a head; at most 500
    byte_count target_bytes = 16ULL * 1024;  // the request target
    byte_count body_bytes = 0;               // a request body
    byte_count pending_bytes = 64ULL * 1024; // unsent bytes of one direction of a tunnel; 4 KiB..1 MiB
    std::uint32_t idle_upstream = 64;        // unused connections kept per worker and backend
    std::optional<byte_count> memory_limit;  // for all connections; 0: any; else a share of the machine's

    bool operator==(const limit_options&) const = default;
};

// [socket]: TCP options of both sides.
struct socket_options
{
    bool no_delay = true;                         // TCP_NODELAY
    byte_count not_sent_low_water = 64ULL * 1024; // TCP_NOTSENT_LOWAT; 0 leaves the kernel's
    duration keepalive_idle{60'000};              // TCP_KEEPIDLE; 0 switches SO_KEEPALIVE off; whole seconds
    duration keepalive_interval{15'000};          // TCP_KEEPINTVL; whole seconds
    std::uint32_t keepalive_count = 4;            // TCP_KEEPCNT
    duration user_timeout{60'000};                // TCP_USER_TIMEOUT; 0 leaves the kernel's
    std::uint32_t backlog = 4096;                 // listen(2)

    bool operator==(const socket_options&) const = default;
};

enum class drain_direction : std::uint8_t
{
    oldest_first,
    newest_first
};

struct drain_options // [drain]
{
    duration delay{0};             // from /readyz turning 503 to the end of listening
    duration window{30'000};       // tunnels are closed evenly over this time; 0: all at once
    duration close_timeout{5'000}; // how long to wait for a peer's Close before TCP is closed
    drain_direction order = drain_direction::oldest_first;

    bool operator==(const drain_options&) const = default;
};

struct reload_options // [reload]
{
    bool watch = false; // reload when a file changes

    bool operator==(const reload_options&) const = default;
};

// [forward]: what is told to backends about the client, and to clients about us.
struct forward_options
{
    bool via = true;                         // Via (RFC 9110 7.6.3)
    std::string via_name = "fairlead";       // its pseudonym
    bool x_forwarded = true;                 // X-Forwarded-For, -Proto, -Host
    bool forwarded = false;                  // Forwarded (RFC 7239)
    std::string request_id = "X-Request-Id"; // header that carries the request id; empty: none
    peer_list trusted_proxies;               // their X-Forwarded-For says who the client is
    std::string client_certificate = "X-Forwarded-Client-Cert"; // header that tells it; empty: none
    trace_handling trace_context = trace_handling::pass;        // a listener may override it
    std::uint32_t trace_sample = 1; // of the traces begun here one in so many is marked sampled; 0: none

    bool operator==(const forward_options&) const = default;
};

enum class port_selection : std::uint8_t
{
    ledger, // we own the ports and bind to each
    kernel  // it chooses within a range
};

// Whether backends see the client's own address as the source of a connection ("don't SNAT").
enum class transparency : std::uint8_t
{
    off,
    address,         // with a port that the kernel chooses
    address_and_port // with the client's port too, where it is free
};

// [source]: what pools that do not say it themselves dial from.
struct source_options
{
    std::vector<cidr> addresses;
    transparency transparent = transparency::off; // else there are no addresses
    port_ranges ports;                            // never empty
    port_selection selection = port_selection::ledger;
    replica_number replica;
    duration reconcile_every{300'000}; // comparison with the kernel's sockets
};

enum class balance_kind : std::uint8_t
{
    round_robin,
    least_connections,
    random_of_two
};

struct backend_options // an entry of pool.NAME.backends: "host:port" or { address, weight, priority }
{
    endpoint address;
    std::uint32_t weight = 1; // 1..1000
    source_position where;
    std::uint32_t priority = 0;        // 0..65535; the lowest one that serves gets everything
    std::uint32_t max_connections = 0; // tunnels and exchanges at once, over all workers; 0: no limit
    member_origin origin = member_origin::configured; // else added after reading, and `where` is empty
};

struct rebalance_options // pool.NAME.rebalance
{
    double per_second = 50;       // tunnels closed at most
    std::uint32_t threshold = 20; // per cent that the fullest backend may be above its share; 1..100

    bool operator==(const rebalance_options&) const = default;
};

struct queue_options // pool.NAME.queue
{
    std::uint32_t length = 100; // requests that wait at once, over all workers; 1..1,000,000
    duration timeout{5'000};    // of each

    bool operator==(const queue_options&) const = default;
};

struct pool_options // [pool.NAME]
{
    std::string name;
    std::vector<backend_options> backends;    // at least one, but where `discover` is
    std::optional<discover_options> discover; // absent: `backends` are all
    balance_kind balance = balance_kind::round_robin;
    std::vector<cidr> source; // its own or [source]'s; empty: the kernel chooses the address
    transparency transparent = transparency::off; // else `source` is empty
    port_ranges ports; // usable from each source by this replica; without the ports we listen on
    conf::port_selection port_selection = conf::port_selection::ledger;
    conf::proxy_protocol proxy_protocol = conf::proxy_protocol::none; // the header that begins a connection
    std::optional<duration> connect_timeout;                          // else timeouts.connect
    std::optional<duration> response_timeout;                         // else timeouts.response
    std::optional<duration> total_timeout;                            // else timeouts.total
    duration backoff{1'000};      // a backend that failed to connect is left alone this long, doubling...
    duration max_backoff{30'000}; // ...up to this
    std::optional<health_options> health; // absent: nothing is asked
    std::optional<eject_options> eject;   // absent: never
    duration slow_start{0};               // from a tenth of a weight to all of it; 0: at once
    dead_tunnel_handling dead_tunnels = dead_tunnel_handling::keep;
    std::uint32_t panic_threshold = 0; // per cent; all backends are used when fewer are up, or none is
    std::optional<rebalance_options> rebalance; // absent: never
    std::optional<queue_options> queue;         // absent: a request that finds no room is refused
    std::uint32_t max_pending = 0;        // connects under way to a backend, over all workers; 0: no limit
    std::optional<retry_options> retry;   // absent: only what no backend can have seen is sent again
    std::optional<hedge_options> hedge;   // absent: no second backend is asked
    std::optional<sticky_options> sticky; // absent: `balance` chooses for every request
    std::optional<pool_tls_options> tls;  // absent: plain
    source_position where;
};

// One test on a header or a query parameter.
struct value_match
{
    enum class kind : std::uint8_t
    {
        exact,
        present,
        regex
    };

    std::string name; // a header's in lower case
    kind how = kind::exact;
    std::string text; // for exact and regex

    bool operator==(const value_match&) const = default;
};

enum class path_kind : std::uint8_t
{
    any,
    exact,
    prefix,
    regex
};
enum class traffic_kind : std::uint8_t
{
    any,
    http,
    websocket
};

struct route_options // [[route]]
{
    std::string name; // given, or derived from host and path; unique
    std::string host; // lower case; "" any, "a.b" exact, "*.b" one or more labels before .b
    path_kind path_is = path_kind::any;
    std::string path; // exact: "/a"; prefix: "/a/" (also matches "/a"); regex: RE2, whole path
    std::vector<std::string> methods; // empty: any
    std::vector<value_match> headers;
    std::vector<value_match> query;
    traffic_kind only = traffic_kind::any;
    std::string subprotocol; // a WebSocket subprotocol the client must offer; "" any
    std::optional<client_certificate_match> client_certificate; // the client must have shown one
    std::string pool;                 // a [pool.NAME]; empty where the route answers itself
    std::string strip_prefix;         // removed from the path, on a segment boundary; "/a", no final '/'
    std::string add_prefix;           // put before what is left of the path; "/a", no final '/'
    bool rewrite_location = false;    // of answers, to where the client finds it
    bool rewrite_cookie_path = false; // the same of their cookies
    std::vector<header_value> set_headers;
    std::vector<header_value> add_headers; // beside what is sent; none of set_headers or that the proxy sets
    edge_options edge;
    websocket_options websocket;       // [websocket]'s where the route does not say it itself
    std::vector<std::string> upgrades; // non-WebSocket Upgrade tokens tunnelled as plain bytes, lower case
    std::uint32_t max_connections_per_client = 0; // of an address, or an IPv6 /64; 0: no limit
    std::uint32_t max_connections = 0;       // tunnels and exchanges at once, over all workers; 0: no limit
    std::optional<std::uint32_t> log_sample; // else log.sample; 0: of what went well nothing is logged
    source_position where;
};

struct npath_check_options // npath.NAME.health
{
    check_kind kind = check_kind::tcp; // not websocket; of the answer to a GET, 2xx and 3xx pass, 503 drains
    std::string path;                  // of the GET; with '/' in front
    std::uint16_t port = 0;            // on the backend's own address
    check_timing timing{duration{2'000}, duration{1'000}, 2, 3};

    bool operator==(const npath_check_options&) const = default;
};

struct npath_backend_options // an entry of npath.NAME.backends
{
    ip_address address;       // of the service's family, on the interface's segment
    std::uint32_t weight = 1; // 0..100; 0 gets no new connections
    source_position where;
};

struct npath_options // [npath.NAME]
{
    std::string name;
    ip_address address; // the one that clients dial; the backends have it on their loopback
    std::uint16_t port = 0;
    std::string interface;                       // of the segment where clients come from and backends are
    std::vector<npath_backend_options> backends; // at least one, at most 128
    npath_check_options health;
    duration flow_timeout{3'600'000}; // a silent connection is remembered this long
    std::uint32_t slots = 1'021;      // of the Maglev table; a prime
    bool persist = false;             // the table stays in the kernel when the process ends
    source_position where;
};

struct config
{
    std::uint32_t workers = 0; // 0: one per CPU
    process_options process;
    std::vector<listen_options> listeners; // at least one
    admin_options admin;
    timeout_options timeouts;
    limit_options limits;
    socket_options socket;
    drain_options drain;
    reload_options reload;
    log_options log;
    forward_options forward;
    source_options source;
    websocket_options websocket;
    error_page_options error_pages;
    tls_options tls;
    std::vector<pool_options> pools;   // at least one, in order of appearance
    std::vector<route_options> routes; // at least one, in order of appearance
    std::vector<npath_options> npath;  // in order of appearance
    std::vector<std::string> files;    // every file with configuration or a page, the main one first
    std::vector<std::string> folders;  // where those lie, and where `include` looks for more
    std::uint64_t text_hash = 0;       // of the files' texts, pages and certificates not among them
};

} // namespace fairlead::conf
