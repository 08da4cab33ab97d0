#include "proxy/upstream/pool.hpp"

#include <algorithm>
#include <chrono>

namespace fairlead::upstream {

std::shared_ptr<backend> backend_registry::obtain(const std::string& pool_name,
                                                  const conf::backend_options& options)
{
    auto queue = obtain_queue(pool_name);
    const std::lock_guard lock(mutex_);
    auto& known = backends_[{pool_name, options.address.text}];
    if (known == nullptr) {
        known = std::make_shared<backend>(pool_name, options.address, options.weight, std::move(queue));
        known->set_priority(options.priority);
        known->set_max_connections(options.max_connections);
    }
    return known;
}

std::shared_ptr<request_queue> backend_registry::obtain_queue(const std::string& pool_name)
{
    const std::lock_guard lock(mutex_);
    auto& known = queues_[pool_name];
    if (known == nullptr) known = std::make_shared<request_queue>();
    return known;
}

std::size_t backend_registry::sweep()
{
    const std::lock_guard lock(mutex_);
    std::erase_if(queues_, [](const auto& entry) { return entry.second.use_count() == 1; });
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

std::unique_ptr<health::answer_times[]> make_answer_times(const conf::pool_options& options)
{
    if (!options.eject || options.eject->slow_factor == 0) return nullptr;
    return std::make_unique<health::answer_times[]>(options.backends.size());
}

constexpr unsigned first_error_status = 500;

// What may be asked more than once in all, in per cent.
std::uint32_t repeat_budget(const conf::pool_options& options)
{
    if (options.retry) return options.retry->budget;
    return options.hedge ? options.hedge->max_share : 0;
}

std::unique_ptr<health::answer_tail> make_answer_tail(const conf::pool_options& options)
{
    if (!options.hedge || options.hedge->per_mille == 0) return nullptr;
    return std::make_unique<health::answer_tail>(options.hedge->per_mille);
}

bool differ_in_priority(const std::vector<conf::backend_options>& backends)
{
    return std::ranges::any_of(backends,
                               [&](const auto& each) { return each.priority != backends.front().priority; });
}

std::unique_ptr<const stickiness> make_sticky(const conf::pool_options& options)
{
    if (!options.sticky) return nullptr;
    std::vector<stickiness::member> members;
    for (const auto& each : options.backends)
        members.push_back({each.address.text, each.weight, each.priority});
    return std::make_unique<const stickiness>(*options.sticky, options.name, members);
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
    , sticky_(make_sticky(options))
    , eject_(options.eject)
    , retry_(options.retry)
    , hedge_(options.hedge)
    , retries_(repeat_budget(options))
    , hedges_(options.hedge ? options.hedge->max_share : 0)
    , answer_tail_(make_answer_tail(options))
    , panic_threshold_(options.panic_threshold)
    , has_tiers_(differ_in_priority(options.backends))
    , queue_(registry.obtain_queue(options.name))
    , max_pending_(options.max_pending)
    , answer_times_(make_answer_times(options))
    , connect_timeout_(options.connect_timeout.value_or(timeouts.connect))
    , response_timeout_(options.response_timeout.value_or(timeouts.response))
    , total_timeout_(options.total_timeout.value_or(timeouts.total))
    , handshake_timeout_(timeouts.tls_handshake)
    , tls_(std::move(tls))
{}

std::optional<std::uint32_t> pool::home_of(std::uint32_t key, steady_time now) const
{
    const bool any_tier = !has_tiers_;
    const std::uint32_t priority = any_tier ? 0 : in_charge(now).priority;
    return sticky_->first_owner(key, [&](std::uint32_t position) {
        const backend& each = *backends_[position];
        return (any_tier || each.priority() == priority) && may_be_home(each, now);
    });
}

bool pool::may_be_home(const backend& of, steady_time now) noexcept
{
    return of.backoff().failures() == 0 && of.has_address() && of.is_serving(now);
}

tier_in_charge pool::in_charge(steady_time now) const noexcept
{
    return find_in_charge(backends_, panic_threshold_, now);
}

bool pool::leaves_too_few(steady_time now) const noexcept
{
    const auto out =
        std::ranges::count_if(backends_, [&](const auto& each) { return !each->is_serving(now); });
    return static_cast<std::uint64_t>(out) * 100 > std::uint64_t{eject_->max_ejected} * backends_.size();
}

void pool::record_failure(backend& of, health::failure_kind how, steady_time now) const
{
    if (eject_ && of.ejection().fail(how, now, *eject_)) try_to_eject(of, how, now);
}

bool pool::try_to_eject(backend& of, health::failure_kind how, steady_time now) const
{
    const auto made = of.ejection().eject(how, now, *eject_);
    if (!made) return false;
    if (leaves_too_few(now)) {
        of.ejection().withdraw(*made);
        return false;
    }
    of.begin_slow_start(of.ejection().until());
    return true;
}

void pool::record_answer_time(std::size_t position, unsigned status,
                              std::chrono::nanoseconds took) const noexcept
{
    if (answer_times_ && status < first_error_status) answer_times_[position].add(took);
}

void pool::earn_repeats() const noexcept
{
    if (!retry_ && !hedge_) return;
    retries_.earn();
    if (hedge_) hedges_.earn();
}

bool pool::take_hedge() const noexcept
{
    if (!hedges_.spend()) return false;
    if (retries_.spend()) return true;
    hedges_.give_back();
    return false;
}

std::chrono::microseconds pool::hedge_delay() const noexcept
{
    if (!answer_tail_) return hedge_->after;
    const auto tail = answer_tail_->current();
    return tail.count() == 0 ? tail : std::max<std::chrono::microseconds>(tail, hedge_->at_least);
}

void pool::record_hedgeable(unsigned status, std::chrono::nanoseconds took) const noexcept
{
    if (answer_tail_ && status < first_error_status) answer_tail_->add(took);
}

std::vector<health::slow_outlier> pool::eject_slow(steady_time now) const
{
    std::vector<health::slow_outlier> slow;
    if (!answer_times_) return slow;
    std::vector<health::answer_summary> seen;
    for (std::size_t i = 0; i < backends_.size(); ++i) {
        seen.push_back(answer_times_[i].take());
        // It would be compared by what it answered before.
        if (!backends_[i]->is_serving(now)) seen.back() = {};
    }
    slow = health::find_slow(seen, *eject_);
    std::erase_if(slow, [&](const health::slow_outlier& each) {
        return !try_to_eject(*backends_[each.position], health::failure_kind::slow, now);
    });
    return slow;
}

void pool::record_answer(backend& of, unsigned status) const
{
    if (!eject_) return;
    const auto is_in = [&](const conf::status_range& each) {
        return status >= each.first && status <= each.last;
    };
    if (std::ranges::any_of(eject_->statuses, is_in))
        record_failure(of, health::failure_kind::status, std::chrono::steady_clock::now());
    else if (!of.ejection().is_quiet())
        of.ejection().succeed(std::chrono::steady_clock::now(), *eject_);
}

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
