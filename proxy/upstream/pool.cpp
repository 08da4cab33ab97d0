#include "proxy/upstream/pool.hpp"

namespace fairlead::upstream {

std::shared_ptr<backend> backend_registry::obtain(const std::string& pool_name,
                                                  const conf::backend_options& options)
{
    const std::lock_guard lock(mutex_);
    auto& known = backends_[{pool_name, options.address.text}];
    if (known == nullptr) known = std::make_shared<backend>(pool_name, options.address, options.weight);
    return known;
}

std::size_t backend_registry::sweep()
{
    const std::lock_guard lock(mutex_);
    return std::erase_if(backends_, [](const auto& entry) {
        const auto& [name, known] = entry;
        // Nobody can begin to use a backend that only the registry refers to: uses are made through a pool.
        return known.use_count() == 1 && known->live_.load(std::memory_order_acquire) == 0;
    });
}

std::vector<std::shared_ptr<backend>> backend_registry::all() const
{
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<backend>> out;
    out.reserve(backends_.size());
    for (const auto& [name, known] : backends_)
        out.push_back(known);
    return out;
}

namespace {

std::vector<std::shared_ptr<backend>> obtain_all(const conf::pool_options& options,
                                                 backend_registry& registry)
{
    std::vector<std::shared_ptr<backend>> out;
    out.reserve(options.backends.size());
    for (const auto& each : options.backends)
        out.push_back(registry.obtain(options.name, each));
    return out;
}

std::unique_ptr<const snat::source_pool> make_source(const conf::pool_options& options,
                                                     snat::tuple_ledger& ledger)
{
    if (options.source.empty()) return nullptr;
    auto ports = std::make_shared<const snat::port_set>(options.ports, options.port_selection);
    return std::make_unique<const snat::source_pool>(ledger, options.source, std::move(ports));
}

} // namespace

pool::pool(const conf::pool_options& options, const conf::timeout_options& timeouts,
           backend_registry& registry, snat::tuple_ledger& ledger,
           std::shared_ptr<credentials::client_credentials> tls)
    : name_(options.name)
    , backends_(obtain_all(options, registry))
    , balance_(options.balance)
    , source_(make_source(options, ledger))
    , transparent_(options.transparent)
    , proxy_protocol_(options.proxy_protocol)
    , backoff_{options.backoff, options.max_backoff}
    , connect_timeout_(options.connect_timeout.value_or(timeouts.connect))
    , response_timeout_(options.response_timeout.value_or(timeouts.response))
    , handshake_timeout_(timeouts.tls_handshake)
    , tls_(std::move(tls))
{}

connection_owner pool::owner_for(const net::connection_ends& ends) const noexcept
{
    if (proxy_protocol_ != conf::proxy_protocol::none) return connection_owner::client(ends.client);
    switch (transparent_) {
    case conf::transparency::off: break;
    case conf::transparency::address: return connection_owner::client_ip(ends.client);
    case conf::transparency::address_and_port: return connection_owner::client(ends.client);
    }
    return {};
}

} // namespace fairlead::upstream
