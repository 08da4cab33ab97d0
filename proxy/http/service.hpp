// What is served: one configuration with its routes and pools, and each worker's own view of it.
//
// A service is built by the main thread, immutable, and shared by all workers. A worker_service belongs to
// one worker: it adds what the worker keeps for it (balancer positions, cached metric cells, the origins of
// tunnels). Sessions and tunnels hold references to it, counted without atomics, so that a reload leaves them
// what they began with.
#pragma once

#include "conf/model.hpp"
#include "metrics/worker_shard.hpp"
#include "proxy/credentials/process_secrets.hpp"
#include "proxy/credentials/server_credentials.hpp"
#include "proxy/http/listening_point.hpp"
#include "proxy/http/token_check.hpp"
#include "proxy/routing/route_load.hpp"
#include "proxy/net/address.hpp"
#include "proxy/routing/route_table.hpp"
#include "proxy/upstream/balancer.hpp"
#include "proxy/upstream/pool.hpp"
#include "proxy/websocket/origin_table.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fairlead::http {

class password_verifier;

// The counts that all workers share and that outlive configurations.
struct lasting_counts
{
    upstream::backend_registry& backends;
    snat::tuple_ledger& ledger;
    routing::route_registry& routes;
    credentials::process_secrets* secrets = nullptr; // null: ones of its own, where it is only looked at
    password_verifier* passwords = nullptr;          // null: the same
};

struct service
{
    conf::config config;
    routing::route_table routes;                              // its indexes are those of config.routes
    std::vector<std::shared_ptr<const upstream::pool>> pools; // as config.pools
    std::vector<std::optional<std::uint32_t>> pool_of_route;  // nothing for one that answers itself
    std::vector<std::shared_ptr<const token_rules>> tokens;   // as config.routes; null: none is asked for
    std::vector<std::optional<std::uint32_t>> auth_of_route;  // the pool that says who may pass; nothing: all
    std::vector<std::shared_ptr<routing::route_load>> loads;  // as config.routes
    std::vector<std::shared_ptr<credentials::server_credentials>>
        listener_tls; // as config.listeners; null: plain
    std::uint64_t generation = 0;
    password_verifier* passwords = nullptr; // null: it is only looked at

    // The one after `before`, or the first without. Pools and listeners' certificates that did not change are
    // those of `before`. Throws std::runtime_error with every message when a regex does not compile, or
    // certificates do not load.
    static std::shared_ptr<const service> build(conf::config config, const lasting_counts& counts,
                                                std::uint64_t generation, const service* before = nullptr);
};

// The certificates of the listener of that address; null: it is not there, or speaks plainly.
std::shared_ptr<const credentials::server_credentials> tls_of(const service& of, std::string_view address);

// A pool as one worker uses it.
struct pool_view
{
    // With the balancer of `before`, the same worker's last view of the pool, where there is one.
    pool_view(std::shared_ptr<const upstream::pool> from, metrics::worker_shard& shard,
              const pool_view* before);

    std::shared_ptr<const upstream::pool> shared;
    std::shared_ptr<upstream::balancer> balancer; // with the pool: its turns go on over a reload
    std::vector<metrics::backend_cells*> cells;   // by position of the backend
};

// What a worker keeps from one service to the next.
struct worker_parts
{
    metrics::worker_shard& shard;
    websocket::origin_table& origins;
    conf::duration close_timeout;
};

// A route as one worker uses it.
class route_view
{
public:
    // `position` is the route's in the service; `pools` are the worker's views of the service's.
    route_view(const service& of, std::size_t position, std::span<pool_view> pools,
               const worker_parts& parts);

    const conf::route_options& options() const noexcept { return options_; }
    pool_view& pool() const noexcept { return *pool_; } // of one that does not answer itself
    std::string_view pool_name() const noexcept;        // empty for one that does
    // Anything of the route stands between a request and its backend.
    bool has_gate() const noexcept { return has_gate_; }
    const token_rules* tokens() const noexcept { return tokens_; } // null: none is asked for
    pool_view* auth_pool() const noexcept { return auth_pool_; }   // null: everybody may pass
    routing::request_rates& rates() const noexcept { return load_.rates(); }

    // One more tunnel or exchange of the route; none when it has as many as it may.
    routing::route_use admit() noexcept { return load_.admit(options_.max_connections); }
    bool is_draining() const noexcept { return load_.is_draining(); }

    // One more of this client's; none when it has as many as each may. `client` may be null: a Unix socket.
    std::optional<routing::client_use> admit_client(const net::ip_port* client);

    // Made on first use: most routes of most workers serve only one kind of traffic.
    metrics::http_cells& http_cells();
    struct backend_kind
    {
        std::uint32_t backend = 0; // by position
        bool is_websocket = true;
    };
    websocket::origin_ref origin(backend_kind of, const listening_point& by);
    const websocket::tunnel_policy& policy() const noexcept { return policy_; }

private:
    using origins = std::vector<websocket::origin_ref>; // by position of the backend

    const conf::route_options& options_;
    routing::route_load& load_;
    pool_view* pool_;
    pool_view* auth_pool_;
    const token_rules* tokens_;
    bool has_gate_;
    const worker_parts& parts_;
    const websocket::tunnel_policy policy_;
    metrics::http_cells* http_cells_ = nullptr;
    std::vector<origins> websocket_origins_; // by the listening point's number
    std::vector<origins> plain_origins_;
};

struct worker_service : boost::intrusive_ref_counter<worker_service, boost::thread_unsafe_counter>
{
    worker_service(std::shared_ptr<const service> served, metrics::worker_shard& shard,
                   websocket::origin_table& origins, const worker_service* before = nullptr);

    // The worker's view of that very pool; null when it is of another service and did change.
    const pool_view* view_of(const upstream::pool& pool) const noexcept;

    // What this service asks of tunnels that an earlier one may have begun; nothing when it has no such route
    // to that backend any more.
    std::optional<websocket::tunnel_policy> policy_for(const websocket::tunnel_origin& origin) const;

    // For a tunnel that begins by an earlier service than this one, in force now: gives the origin this one's
    // policy, or marks it as gone. Whether it may stay.
    bool takes(websocket::tunnel_origin& origin) const;

    const std::shared_ptr<const service> shared;
    const worker_parts parts;
    std::vector<pool_view> pools;
    std::vector<route_view> routes;
    std::unordered_map<std::string_view, const route_view*> route_of; // by name, which is the configuration's
};

using service_ref = boost::intrusive_ptr<worker_service>;

} // namespace fairlead::http
