// What is different between two configurations by meaning: where and in which order things are written does
// not count, but for the order of routes, by which equals are chosen.
//
// Knows nothing of connections. Listeners and backends are the same when their address is, pools and routes
// when their name is. What another key changes is told at what it changes: a new [websocket] at each route
// that has it from there. Pure. Thread: any.
#pragma once

#include "conf/model.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

enum class change_kind : std::uint8_t
{
    added,
    removed,
    changed
};

std::string_view word_of(change_kind what) noexcept; // "added"...

struct key_change
{
    std::string key;    // "drain.window"; of a pool, route or listener without its section
    std::string before; // as text; both empty where a value is not one word or number
    std::string after;
    bool needs_restart = false;

    bool operator==(const key_change&) const = default;
};

struct item_change
{
    change_kind what = change_kind::changed;
    std::string name;             // of a pool or route, the address of a listener or backend
    std::string pool;             // of a backend
    std::vector<key_change> keys; // of what is changed

    bool operator==(const item_change&) const = default;
};

struct config_diff
{
    std::vector<item_change> listeners;
    std::vector<item_change> pools;
    std::vector<item_change> backends; // of pools that are in both
    std::vector<item_change> routes;
    std::vector<key_change> settings; // of everything else

    bool empty() const noexcept
    {
        return listeners.empty() && pools.empty() && backends.empty() && routes.empty() && settings.empty();
    }
};

config_diff compare(const config& before, const config& after);

// The keys of a pool that differ, its backends aside.
std::vector<key_change> compare(const pool_options& before, const pool_options& after);

} // namespace fairlead::conf
