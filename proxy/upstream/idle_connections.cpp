#include "proxy/upstream/idle_connections.hpp"

namespace fairlead::upstream {

std::optional<connection> idle_connections::take(const backend& to)
{
    const auto found = by_backend_.find(&to);
    if (found == by_backend_.end()) return std::nullopt;
    auto& entries = found->second;
    while (!entries.empty()) {
        connection candidate = std::move(entries.back().idle);
        entries.pop_back();
        if (!candidate.stream.is_readable()) {
            candidate.is_reused = true;
            return candidate;
        }
    }
    return std::nullopt;
}

void idle_connections::put(connection idle, std::size_t per_backend, net::milliseconds_count now)
{
    auto& entries = by_backend_[idle.to.get()];
    if (entries.size() >= per_backend) return;
    idle.unread.release();
    backend& to = *idle.to;
    entries.push_back({std::move(idle), now, idle_mark(to)});
}

void idle_connections::sweep(net::milliseconds_count idle_before)
{
    for (auto at = by_backend_.begin(); at != by_backend_.end();) {
        std::erase_if(at->second, [&](entry& each) {
            return each.since <= idle_before || each.idle.stream.is_readable();
        });
        at = at->second.empty() ? by_backend_.erase(at) : std::next(at);
    }
}

std::size_t idle_connections::size() const noexcept
{
    std::size_t total = 0;
    for (const auto& [to, entries] : by_backend_)
        total += entries.size();
    return total;
}

} // namespace fairlead::upstream
