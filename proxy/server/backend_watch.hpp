// What is known of each backend and since when: for the log, the metrics and the admin listener's /backends.
//
// Says each change once in the log, when it is asked to look; decides nothing.
// Thread: the main thread's. Lifetime: the checker outlives it.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/server/tunnel_census.hpp"
#include "proxy/upstream/health_checker.hpp"
#include "proxy/upstream/pool.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::server {

using pool_list = std::vector<std::shared_ptr<const upstream::pool>>;

using backend_name = std::pair<std::string, std::string>; // pool, address

// The state that a backend is in at `now`, the first that is so.
metrics::backend_condition condition_of(const upstream::backend& of, upstream::steady_time now);

class backend_watch
{
public:
    explicit backend_watch(const upstream::health_checker& checks)
        : checks_(checks)
    {}

    // The backends that were not there before begin as up, without a line.
    void look(const pool_list& pools, upstream::steady_time now);

    // Why it was found too slow, for as long as that ejects it. It has been looked at before.
    void note_slow(const upstream::backend& of, std::string why);

    std::vector<metrics::pool_state> pool_states(const pool_list& pools, upstream::steady_time now) const;
    std::vector<metrics::backend_state> states(const pool_list& pools, upstream::steady_time now) const;

    // {"pool", "backend", "state", "reason", "since", "weight", "configured_weight", "priority",
    // "effective_weight", "tunnels", "active", "max_connections", "idle", "addresses", "dead_addresses",
    // "ejections", "ejections_withheld"} in the pools' order.
    boost::json::array describe(const pool_list& pools, const tunnel_census& tunnels,
                                upstream::steady_time now) const;

    // {"pool", "backends", "up", "panic_threshold", "panics", "priority" (the one in charge),
    // "waiting"} of each; `backends` without those that an
    // operator drains, the threshold in per cent.
    boost::json::array describe(const pool_list& pools, upstream::steady_time now) const;

private:
    struct seen
    {
        metrics::backend_condition condition = metrics::backend_condition::up;
        std::string reason;
        std::string slow; // see note_slow()
        std::chrono::system_clock::time_point since;
        std::uint64_t round = 0;
    };

    std::string reason_of(const upstream::backend& of, metrics::backend_condition condition) const;

    const upstream::health_checker& checks_;
    void look(const upstream::pool& pool, upstream::steady_time now);
    void tell_charge(const upstream::pool& pool, const upstream::tier_in_charge& charge);
    void tell_panic(const upstream::pool& pool, const upstream::tier_in_charge& charge);

    std::map<backend_name, seen> seen_;
    std::set<std::string> panicking_;              // pools
    std::map<std::string, std::uint32_t> charges_; // by pool that has several: the priority in charge
    std::uint64_t round_ = 0;
};

} // namespace fairlead::server
