#include "proxy/server/memory_budget.hpp"

#include "proxy/net/machine_facts.hpp"

#include <algorithm>

namespace fairlead::server {
namespace {

using metrics::memory_kind;

// User memory of one, measured with 5,000 of each (docs/performance.md has the tunnel's).
constexpr std::uint64_t session_bytes = 3'200;
constexpr std::uint64_t tunnel_bytes = 560;
constexpr std::uint64_t handshake_bytes = 48UL * 1024;

std::uint64_t at_least_none(std::int64_t value) noexcept
{
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
}

} // namespace

void memory_budget::join(metrics::worker_shard& shard)
{
    using metrics::party;
    sharers_.push_back({shard.own(), shard.tls(party::client), shard.tls(party::backend)});
}

void memory_budget::set_limit(std::optional<std::uint64_t> configured)
{
    limit_.store(configured ? *configured : net::memory_of_process() / 2, std::memory_order_relaxed);
}

metrics::memory_state memory_budget::report() const noexcept
{
    metrics::memory_state out;
    out.limit = limit_.load(std::memory_order_relaxed);
    std::int64_t handshakes = 0;
    for (const auto& [own, client_tls, backend_tls] : sharers_) {
        for (const memory_kind kind : metrics::by<memory_kind, std::uint64_t>::keys())
            out.bytes[kind] += at_least_none(own.memory[kind].value());
        out.bytes[memory_kind::sessions] += at_least_none(own.sessions_open.value()) * session_bytes;
        out.bytes[memory_kind::tunnels] += at_least_none(own.tunnels_open.value()) * tunnel_bytes;
        handshakes += client_tls.under_way.value() + backend_tls.under_way.value();
    }
    out.bytes[memory_kind::handshakes] = at_least_none(handshakes) * handshake_bytes;
    return out;
}

void memory_budget::allot(net::memory_account& to) const noexcept
{
    const metrics::memory_state now = report();
    if (now.limit == 0) {
        to.allow(net::memory_account::unlimited, false);
        return;
    }
    const std::uint64_t used = now.total();
    const std::uint64_t left = now.limit - std::min(now.limit, used);
    const std::uint64_t part = left / std::max<std::size_t>(sharers_.size(), 1);
    to.allow(to.held() + static_cast<std::int64_t>(part), used >= now.limit - now.limit / 8);
}

} // namespace fairlead::server
