#include "proxy/http/service.hpp"

#include "conf/config_diff.hpp"
#include "proxy/credentials/credential_loading.hpp"
#include "tls/digest.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <stdexcept>
#include <utility>

namespace fairlead::http {
namespace {

std::uint64_t random_seed()
{
    std::uint64_t seed = 0;
    tls::random_bytes(std::as_writable_bytes(std::span{&seed, 1}));
    return seed;
}

std::string describe(const std::vector<routing::route_error>& errors)
{
    std::string text;
    for (const auto& error : errors) {
        text += error.where.file + ":" + std::to_string(error.where.line) + ":" +
                std::to_string(error.where.column) + ": route '" + error.route + "': " + error.message + "\n";
    }
    return text;
}

bool have_same_backends(const conf::pool_options& a, const conf::pool_options& b)
{
    // Weights are the backends' own, but where a table was made of them. Balancers know tiers from the first.
    const bool by_value = b.sticky && b.sticky->by != conf::sticky_key::cookie;
    return std::ranges::equal(a.backends, b.backends, [by_value](const auto& one, const auto& other) {
        return one.address == other.address && one.priority == other.priority &&
               (!by_value || one.weight == other.weight);
    });
}

// That of the service before, when nothing of it differs.
std::shared_ptr<const upstream::pool> unchanged_pool(const conf::pool_options& wanted,
                                                     const conf::config& config, const service* before)
{
    if (before == nullptr || before->config.timeouts != config.timeouts) return nullptr;
    const bool is_tls_alike =
        before->config.tls.ktls == config.tls.ktls && before->config.tls.key_log == config.tls.key_log;
    if (wanted.tls && !is_tls_alike) return nullptr;
    const auto& known = before->config.pools;
    const auto found = std::ranges::find(known, wanted.name, &conf::pool_options::name);
    if (found == known.end() || !conf::compare(*found, wanted).empty() || !have_same_backends(*found, wanted))
        return nullptr;
    return before->pools[static_cast<std::size_t>(found - known.begin())];
}

std::uint32_t position_of(const conf::config& config, const std::string& pool, const conf::route_options& of)
{
    const auto found = std::ranges::find(config.pools, pool, &conf::pool_options::name);
    if (found == config.pools.end())
        throw std::runtime_error("route '" + of.name + "' names no pool that is defined");
    return static_cast<std::uint32_t>(found - config.pools.begin());
}

std::shared_ptr<const token_rules> rules_of(const conf::route_options& route)
{
    if (!route.edge.jwt) return nullptr;
    const conf::token_options& options = *route.edge.jwt;
    token_rules rules{options, {}};
    try {
        if (options.key_set.empty())
            rules.keys.push_back(tls::json_web_key::from_secret(options.secret));
        else
            rules.keys = tls::read_key_set(options.key_set);
    } catch (const std::runtime_error& problem) {
        throw std::runtime_error(route.where.file + ":" + std::to_string(route.where.line) + ": route '" +
                                 route.name + "': the keys of jwt: " + problem.what());
    }
    return std::make_shared<const token_rules>(std::move(rules));
}

pool_view* view_at(std::span<pool_view> pools, const std::optional<std::uint32_t>& position)
{
    return position ? &pools[*position] : nullptr;
}

} // namespace

std::shared_ptr<const service> service::build(conf::config config, const lasting_counts& counts,
                                              std::uint64_t generation, const service* before)
{
    auto table = routing::route_table::build(config.routes);
    if (table.has_error()) throw std::runtime_error(describe(table.error()));
    credentials::credential_loading loading(config, counts.secrets);
    std::span<const std::shared_ptr<credentials::server_credentials>> known_tls;
    if (before != nullptr) known_tls = before->listener_tls;
    std::vector<std::shared_ptr<credentials::server_credentials>> listener_tls;
    for (const auto& listener : config.listeners)
        listener_tls.push_back(loading.load(listener, known_tls));
    std::vector<std::shared_ptr<const upstream::pool>> pools;
    for (const auto& options : config.pools) {
        auto pool = unchanged_pool(options, config, before);
        if (!pool)
            pool = std::make_shared<const upstream::pool>(options, config.timeouts, counts.backends,
                                                          counts.ledger, loading.load(options));
        pools.push_back(std::move(pool));
    }
    loading.throw_problems();
    std::vector<std::optional<std::uint32_t>> pool_of_route;
    std::vector<std::optional<std::uint32_t>> auth_of_route;
    std::vector<std::shared_ptr<const token_rules>> tokens;
    std::vector<std::shared_ptr<routing::route_load>> loads;
    for (const auto& route : config.routes) {
        const auto& asked = route.edge.auth_request;
        pool_of_route.push_back(
            route.edge.is_final() ? std::nullopt : std::optional(position_of(config, route.pool, route)));
        auth_of_route.push_back(asked ? std::optional(position_of(config, asked->pool, route))
                                      : std::nullopt);
        tokens.push_back(rules_of(route));
        loads.push_back(counts.routes.obtain(route.name));
    }
    return std::make_shared<const service>(service{
        std::move(config), std::move(*table), std::move(pools), std::move(pool_of_route), std::move(tokens),
        std::move(auth_of_route), std::move(loads), std::move(listener_tls), generation, counts.passwords});
}

std::shared_ptr<const credentials::server_credentials> tls_of(const service& of, std::string_view address)
{
    for (std::size_t i = 0; i < of.config.listeners.size(); ++i) {
        if (of.config.listeners[i].address.text == address) return of.listener_tls[i];
    }
    return nullptr;
}

pool_view::pool_view(std::shared_ptr<const upstream::pool> from, metrics::worker_shard& shard,
                     const pool_view* before)
    : shared(std::move(from))
    , balancer(before != nullptr
                   ? before->balancer
                   : std::make_shared<upstream::balancer>(
                         shared->balance(), shared->connect_timeout(), random_seed(),
                         upstream::choice_rules{shared->panic_threshold(), shared->has_tiers()}))
{
    for (const auto& backend : shared->backends())
        cells.push_back(&shard.backend(shared->name(), backend->address().text));
}

route_view::route_view(const service& of, std::size_t position, std::span<pool_view> pools,
                       const worker_parts& parts)
    : options_(of.config.routes[position])
    , load_(*of.loads[position])
    , pool_(view_at(pools, of.pool_of_route[position]))
    , auth_pool_(view_at(pools, of.auth_of_route[position]))
    , tokens_(of.tokens[position].get())
    , has_gate_(options_.edge.has_gate())
    , parts_(parts)
    , policy_(websocket::policy_of(options_.websocket, parts.close_timeout))
{}

std::string_view route_view::pool_name() const noexcept
{
    return pool_ != nullptr ? std::string_view(pool_->shared->name()) : std::string_view();
}

metrics::http_cells& route_view::http_cells()
{
    if (http_cells_ == nullptr) http_cells_ = &parts_.shard.http(options_.name, pool_name());
    return *http_cells_;
}

std::optional<routing::client_use> route_view::admit_client(const net::ip_port* client)
{
    const std::uint32_t most = options_.max_connections_per_client;
    if (most == 0 || client == nullptr) return routing::client_use();
    routing::client_use use = load_.by_client().admit(client->ip, most);
    return use ? std::optional(std::move(use)) : std::nullopt;
}

websocket::origin_ref route_view::origin(backend_kind of, const listening_point& by)
{
    std::vector<origins>& by_point = of.is_websocket ? websocket_origins_ : plain_origins_;
    if (by_point.size() <= by.number) by_point.resize(by.number + std::size_t{1});
    origins& made = by_point[by.number];
    if (made.empty()) made.resize(pool_->shared->backends().size());
    websocket::origin_ref& origin = made[of.backend];
    if (!origin) {
        const std::string& address = pool_->shared->backends()[of.backend]->address().text;
        origin = parts_.origins.obtain(
            {options_.name, pool_->shared->name(), address, of.is_websocket, by.address});
        if (of.is_websocket)
            origin->cells = &parts_.shard.tunnel(origin->route, origin->pool, origin->backend);
        if (std::exchange(origin->is_new, false)) origin->policy = policy_; // else a later service's may hold
    }
    return origin;
}

worker_service::worker_service(std::shared_ptr<const service> served, metrics::worker_shard& shard,
                               websocket::origin_table& origins, const worker_service* before)
    : shared(std::move(served))
    , parts{shard, origins, shared->config.drain.close_timeout}
{
    pools.reserve(shared->pools.size()); // routes refer to them
    for (const auto& pool : shared->pools)
        pools.emplace_back(pool, shard, before != nullptr ? before->view_of(*pool) : nullptr);
    routes.reserve(shared->config.routes.size());
    for (std::size_t i = 0; i < shared->config.routes.size(); ++i)
        routes.emplace_back(*shared, i, pools, parts);
    for (const route_view& each : routes)
        route_of.emplace(each.options().name, &each);
}

const pool_view* worker_service::view_of(const upstream::pool& pool) const noexcept
{
    const auto found =
        std::ranges::find(pools, &pool, [](const pool_view& each) { return each.shared.get(); });
    return found == pools.end() ? nullptr : &*found;
}

std::optional<websocket::tunnel_policy>
worker_service::policy_for(const websocket::tunnel_origin& origin) const
{
    const auto found = route_of.find(origin.route);
    if (found == route_of.end() || found->second->pool_name() != origin.pool) return std::nullopt;
    const route_view& route = *found->second;
    const auto listed = [&](const auto& each) { return each->address().text == origin.backend; };
    if (std::ranges::none_of(route.pool().shared->backends(), listed)) return std::nullopt;
    return route.policy();
}

bool worker_service::takes(websocket::tunnel_origin& origin) const
{
    const auto policy = policy_for(origin);
    origin.is_gone = !policy;
    if (policy) origin.policy = *policy;
    return policy.has_value();
}

} // namespace fairlead::http
