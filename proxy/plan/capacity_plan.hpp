// Whether a configuration on a machine holds so many connections, what ends first, and what to change: the
// arithmetic of `fairlead plan` and `fairlead check`.
//
// Who has to hold what: a number for one pool is that pool's. A number for all may go anywhere, so every
// pool has to hold it alone, unless all of its routes have a max_connections: then it has to hold their sum
// at most. Connections are tunnels and exchanges; each is one client, one backend connection, two
// descriptors. Pure: no I/O, any thread; nothing here is measured or guessed that memory_figures.hpp does
// not name.
#pragma once

#include "conf/host_facts.hpp"
#include "conf/model.hpp"
#include "proxy/net/machine_facts.hpp"
#include "proxy/plan/shared_tuples.hpp"
#include "proxy/plan/tuple_capacity.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::plan {

struct wanted_connections
{
    std::optional<std::uint64_t> all;
    std::map<std::string, std::uint64_t> by_pool;

    bool is_asked() const { return all.has_value() || !by_pool.empty(); }
};

struct plan_input
{
    const conf::config& config;
    const conf::host_facts& host;
    const net::machine_facts& machine;
    const resolved_names& names;
    const wanted_connections& wanted;
};

struct pool_plan
{
    std::string name;
    tuple_capacity tuples;
    std::uint64_t demand = 0; // connections it has to hold; 0: none were asked for
};

struct route_plan
{
    std::string name;
    std::string pool;
    std::uint64_t max_connections = 0;     // 0: no limit
    std::optional<std::uint64_t> can_hold; // of its pool's tuples and its own limit; nothing: no limit
    conf::source_position where;
};

// Something that ends at a number of connections.
struct limit
{
    enum class kind : std::uint8_t
    {
        pool_tuples,
        shared_tuples, // of several pools
        descriptors,   // RLIMIT_NOFILE
        open_files,    // fs.file-max
        memory,
        connection_tracking
    };

    kind what = kind::descriptors;
    std::vector<std::string> pools; // of the tuples
    std::uint64_t connections = 0;
    std::uint64_t demand = 0;

    bool fits() const noexcept { return demand <= connections; }
};

// A setting of the machine beside what is needed.
struct setting
{
    std::string name; // of the sysctl or limit
    std::string now;
    std::string needed;
    bool is_enough = true;
    bool is_hard = false; // without it connections are refused or lost; else it only costs
    std::string change;   // what to do, where it is not enough
};

// One problem, and the ways out of it, any one of which is enough.
struct remedy
{
    std::string problem;
    std::vector<std::string> ways;
};

struct memory_need
{
    std::uint64_t user_bytes = 0;
    std::uint64_t kernel_bytes = 0;
    std::uint64_t time_wait_bytes = 0; // when all of them end within a minute

    std::uint64_t total() const noexcept { return user_bytes + kernel_bytes + time_wait_bytes; }
};

struct capacity_plan
{
    bool is_asked = false;
    std::uint64_t connections = 0; // that the needs are for: those asked for, or all that the tuples can hold
    std::vector<pool_plan> pools;
    std::vector<route_plan> routes;
    std::vector<shared_tuples> shared;
    std::vector<limit> limits; // the first to end is the first
    std::vector<setting> settings;
    std::uint64_t descriptors_needed = 0;
    memory_need memory;
    std::vector<remedy> problems; // what does not hold the connections asked for, or cannot work at all
    std::vector<std::string> notes;
    std::string transparent_rules; // a script for root that transparent pools need; empty without one

    bool fits() const noexcept { return problems.empty(); }
};

capacity_plan make_plan(const plan_input& input);

} // namespace fairlead::plan
