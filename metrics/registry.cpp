#include "metrics/registry.hpp"

#include "metrics/collector.hpp"
#include "metrics/process_metrics.hpp"

#include <utility>

namespace fairlead::metrics {

registry::registry(const build_facts& build)
    : process_{std::make_unique<process_metrics>(build)}
{}

registry::~registry() = default;

worker_shard& registry::add_worker()
{
    std::lock_guard hold{mutex_};
    return *shards_.emplace_back(std::make_unique<worker_shard>());
}

void registry::set_source_usage(source_usage_fn usage)
{
    std::lock_guard hold{mutex_};
    source_usage_ = std::move(usage);
}

void registry::set_backend_states(backend_states_fn states)
{
    std::lock_guard hold{mutex_};
    backend_states_ = std::move(states);
}

void registry::set_pool_states(pool_states_fn states)
{
    std::lock_guard hold{mutex_};
    pool_states_ = std::move(states);
}

void registry::set_discovery_states(discovery_states_fn states)
{
    std::lock_guard hold{mutex_};
    discovery_states_ = std::move(states);
}

void registry::set_route_loads(route_loads_fn loads)
{
    std::lock_guard hold{mutex_};
    route_loads_ = std::move(loads);
}

void registry::set_certificates(certificates_fn certificates)
{
    std::lock_guard hold{mutex_};
    certificates_ = std::move(certificates);
}

void registry::set_admin(std::shared_ptr<const admin_cells> cells)
{
    std::lock_guard hold{mutex_};
    admin_ = std::move(cells);
}

void registry::set_reconciliation(reconciliation_fn state)
{
    std::lock_guard hold{mutex_};
    reconciliation_ = std::move(state);
}

void registry::set_log_drops(log_drops_fn drops)
{
    std::lock_guard hold{mutex_};
    log_drops_ = std::move(drops);
}

void registry::set_accept_queues(accept_queues_fn queues)
{
    std::lock_guard hold{mutex_};
    accept_queues_ = std::move(queues);
}

void registry::set_memory(memory_fn state)
{
    std::lock_guard hold{mutex_};
    memory_ = std::move(state);
}

void registry::set_name_failures(name_failures_fn count)
{
    std::lock_guard hold{mutex_};
    name_failures_ = std::move(count);
}

void registry::set_npath_states(npath_states_fn states)
{
    std::lock_guard hold{mutex_};
    npath_states_ = std::move(states);
}

void registry::set_lifecycle(const lifecycle& now)
{
    std::lock_guard hold{mutex_};
    lifecycle_ = now;
}

lifecycle registry::current_lifecycle() const
{
    std::lock_guard hold{mutex_};
    return lifecycle_;
}

std::string registry::expose(exposition_format format) const
{
    const auto begin = std::chrono::steady_clock::now();
    scrape parts;
    lifecycle life;
    source_usage_fn usage;
    backend_states_fn states;
    pool_states_fn pools;
    discovery_states_fn discoveries;
    route_loads_fn loads;
    certificates_fn certificates;
    reconciliation_fn reconciliation;
    log_drops_fn drops;
    accept_queues_fn queues;
    memory_fn memory;
    name_failures_fn names;
    npath_states_fn npath;
    {
        std::lock_guard hold{mutex_};
        parts.shards.reserve(shards_.size());
        for (const auto& shard : shards_)
            parts.shards.push_back(shard.get());
        life = lifecycle_;
        parts.admin = admin_;
        usage = source_usage_;
        states = backend_states_;
        pools = pool_states_;
        discoveries = discovery_states_;
        loads = route_loads_;
        certificates = certificates_;
        reconciliation = reconciliation_;
        drops = log_drops_;
        queues = accept_queues_;
        memory = memory_;
        names = name_failures_;
        npath = npath_states_;
    }
    if (usage) parts.sources = usage();
    if (states) parts.backends = states();
    if (pools) parts.pools = pools();
    if (discoveries) parts.discoveries = discoveries();
    if (loads) parts.routes = loads();
    if (certificates) parts.certificates = certificates();
    if (reconciliation) parts.reconciliation = reconciliation();
    if (drops) parts.dropped = drops();
    if (queues) parts.accept_queues = queues();
    if (memory) parts.memory = memory();
    if (names) parts.name_failures = names();
    if (npath) parts.npath = npath();
    exposition out{format};
    collect(parts, out);
    for (const prometheus::MetricFamily& each : process_->collect(life))
        out.add(each);
    std::string text = out.take();
    process_->scraped(format, std::chrono::steady_clock::now() - begin);
    return text;
}

} // namespace fairlead::metrics
