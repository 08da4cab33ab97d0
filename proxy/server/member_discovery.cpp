#include "proxy/server/member_discovery.hpp"

#include "proxy/discovery/dns_source.hpp"
#include "proxy/discovery/file_members.hpp"
#include "proxy/discovery/file_source.hpp"
#include "proxy/discovery/membership.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <utility>

namespace fairlead::server {

using discovery::member_source;
using steady = std::chrono::steady_clock;

member_discovery::member_discovery(net::asio::io_context& io, std::function<bool()> change)
    : io_(io)
    , change_(std::move(change))
    , timer_(io)
{}

std::unique_ptr<member_source> member_discovery::make_source(const conf::pool_options& pool)
{
    const auto changed = [this] { note_change(); };
    if (pool.discover->from == conf::member_origin::file)
        return std::make_unique<discovery::file_source>(io_, pool.name, *pool.discover, changed);
    return std::make_unique<discovery::dns_source>(io_, pool.name, *pool.discover, changed);
}

member_source* member_discovery::find(const conf::pool_options& pool) const
{
    const auto found = std::ranges::find_if(sources_, [&](const auto& each) {
        return each->pool() == pool.name && each->options() == *pool.discover;
    });
    return found == sources_.end() ? nullptr : found->get();
}

void member_discovery::follow(const conf::config& config)
{
    source_list next;
    std::vector<member_source*> added;
    for (const conf::pool_options& pool : config.pools) {
        if (!pool.discover) continue;
        const auto* const known = find(pool);
        const auto at = std::ranges::find_if(sources_, [&](const auto& each) { return each.get() == known; });
        if (known != nullptr) {
            next.push_back(std::move(*at));
            sources_.erase(at);
        } else {
            next.push_back(make_source(pool));
            added.push_back(next.back().get());
        }
    }
    sources_ = std::move(next);
    for (member_source* const each : added)
        each->begin();
    follow_files();
}

// Links may lead elsewhere after every change, so they are followed anew.
void member_discovery::follow_files()
{
    std::vector<std::string> files;
    for (const auto& each : sources_) {
        if (each->options().from == conf::member_origin::file) files.push_back(each->options().file);
    }
    if (files.empty() && !watch_) return;
    try {
        if (!watch_) {
            watch_ = std::make_unique<config_watch>(io_, [this] {
                for (const auto& each : sources_)
                    each->look_at_files();
                follow_files();
            });
        }
        watch_->follow(files, {});
    } catch (const std::exception& failure) {
        spdlog::error("files with members are read now and then, not watched: {}", failure.what());
    }
}

void member_discovery::wait(std::chrono::milliseconds longest)
{
    const auto end = steady::now() + longest;
    const auto has_looked = [](const auto& each) { return each->has_looked(); };
    while (!std::ranges::all_of(sources_, has_looked) && io_.run_one_until(end) != 0) {
    }
    io_.restart();
}

void member_discovery::fill(conf::config& target, const conf::config* in_force) const
{
    std::deque<discovery::member_list> read; // stays where it is
    const auto named = [&](const conf::pool_options& pool) -> const discovery::member_list* {
        if (const auto* const known = find(pool)) return known->members();
        if (pool.discover->from != conf::member_origin::file) return nullptr;
        auto found = discovery::read_members_file(pool.discover->file, pool.discover->max_members);
        if (!found.members) return nullptr; // its source will say why
        return &read.emplace_back(std::move(*found.members));
    };
    discovery::fill_members(target, named, in_force);
}

void member_discovery::note_change()
{
    if (is_change_due_) return;
    is_change_due_ = true;
    change_at(std::max(steady::now(), last_change_ + change_interval));
}

void member_discovery::change_at(steady::time_point when)
{
    timer_.expires_at(when);
    timer_.async_wait([this](const net::error_code& error) {
        if (error) return;
        is_change_due_ = false;
        last_change_ = steady::now();
        if (change_()) return;
        is_change_due_ = true;
        change_at(last_change_ + retry_interval);
    });
}

std::vector<metrics::discovery_state> member_discovery::states(const conf::config& in_force) const
{
    std::vector<metrics::discovery_state> out;
    for (const conf::pool_options& pool : in_force.pools) {
        const auto* const known = pool.discover ? find(pool) : nullptr;
        if (known == nullptr) continue;
        metrics::discovery_state one;
        one.pool = pool.name;
        one.members = static_cast<std::uint64_t>(std::ranges::count_if(
            pool.backends, [](const auto& each) { return each.origin != conf::member_origin::configured; }));
        one.last_good = known->last_good();
        for (std::size_t i = 0; i < discovery::look_failure_count; ++i) {
            const auto what = static_cast<discovery::look_failure>(i);
            one.failures.emplace_back(discovery::word_of(what), known->failures()[i]);
        }
        out.push_back(std::move(one));
    }
    return out;
}

} // namespace fairlead::server
