#include "proxy/upstream/idle_connections.hpp"

#include <spdlog/spdlog.h>

#include <iterator>

namespace fairlead::upstream {

connection_ptr idle_connections::take(const backend& to, const connection_owner& owner)
{
    const auto found = by_backend_.find(&to);
    if (found == by_backend_.end()) return nullptr;
    if (!owner.is_anybody()) return take_owned(found->second, owner);
    auto& entries = found->second.anybodys;
    while (!entries.empty()) {
        connection_ptr candidate = std::move(entries.back().idle);
        entries.pop_back();
        if (!candidate->stream.was_readable()) {
            candidate->is_reused = true;
            return candidate;
        }
    }
    return nullptr;
}

connection_ptr idle_connections::take_owned(shelf& from, const connection_owner& owner)
{
    for (;;) {
        const auto found = from.by_owner.find(owner);
        if (found == from.by_owner.end()) return nullptr;
        const auto newest = found->second.back();
        from.unlink(newest);
        connection_ptr candidate = std::move(newest->idle);
        from.owned.erase(newest);
        if (!candidate->stream.was_readable()) {
            candidate->is_reused = true;
            return candidate;
        }
    }
}

void idle_connections::put(connection_ptr idle, std::size_t per_backend, net::milliseconds_count now)
{
    if (per_backend == 0) return;
    shelf& there = by_backend_[idle->to.get()];
    if (there.size() >= per_backend) {
        if (idle->owner.is_anybody() || there.owned.empty()) return;
        there.drop_owned(there.owned.begin());
    }
    idle->unread.release();
    backend& to = *idle->to;
    entry kept{std::move(idle), now, idle_mark(to)};
    if (kept.idle->owner.is_anybody())
        there.anybodys.push_back(std::move(kept));
    else
        there.put_owned(std::move(kept));
}

void idle_connections::sweep(net::milliseconds_count idle_before)
{
    const auto is_over = [&](entry& each) {
        if (each.since > idle_before) return each.idle->stream.is_readable();
        spdlog::debug("a connection to {} had no request for timeouts.upstream_idle",
                      each.idle->to->address().text);
        return true;
    };
    for (auto at = by_backend_.begin(); at != by_backend_.end();) {
        shelf& there = at->second;
        std::erase_if(there.anybodys, is_over);
        for (auto each = there.owned.begin(); each != there.owned.end();)
            each = is_over(*each) ? there.drop_owned(each) : std::next(each);
        at = there.size() == 0 ? by_backend_.erase(at) : std::next(at);
    }
}

void idle_connections::forget(const connection_owner& owner) noexcept
{
    for (auto& [to, there] : by_backend_) {
        if (there.owned.empty()) continue;
        for (auto found = there.by_owner.find(owner); found != there.by_owner.end();
             found = there.by_owner.find(owner))
            there.drop_owned(found->second.back());
    }
}

std::size_t idle_connections::size() const noexcept
{
    std::size_t total = 0;
    for (const auto& [to, there] : by_backend_)
        total += there.size();
    return total;
}

void idle_connections::shelf::put_owned(entry kept)
{
    owned.push_back(std::move(kept));
    const auto at = std::prev(owned.end());
    try {
        by_owner[at->idle->owner].push_back(at);
    } catch (...) {
        drop_owned(at);
        throw;
    }
}

void idle_connections::shelf::unlink(owned_list::iterator at) noexcept
{
    const auto found = by_owner.find(at->idle->owner);
    if (found != by_owner.end()) {
        std::erase(found->second, at);
        if (found->second.empty()) by_owner.erase(found);
    }
}

idle_connections::owned_list::iterator idle_connections::shelf::drop_owned(owned_list::iterator at) noexcept
{
    unlink(at);
    return owned.erase(at);
}

} // namespace fairlead::upstream
