// Leads the tunnels of each pool that wants it to its emptier backends, a second at a time.
//
// Who has to give up how many is the rebalancer's to say; each worker closes its part of them, as many as
// its part of the backend's tunnels is, the oldest first, with 1012. In pools that hash a value the value
// says who leaves, and a homecoming leads them. Thread: the main thread's. Lifetime: the workers outlive
// it.
#pragma once

#include "proxy/http/service.hpp"
#include "proxy/server/homecoming.hpp"
#include "proxy/server/process_control.hpp"
#include "proxy/server/tunnel_census.hpp"
#include "proxy/server/worker.hpp"
#include "proxy/upstream/rebalancer.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::server {

class pool_rebalancing
{
public:
    explicit pool_rebalancing(const std::vector<std::unique_ptr<worker>>& workers)
        : workers_(workers)
    {}
    pool_rebalancing(const pool_rebalancing&) = delete;
    pool_rebalancing& operator=(const pool_rebalancing&) = delete;

    // Call it each second.
    void step(const http::service& current, net::milliseconds_count now);

    // 404 for no such pool, 409 for one without `rebalance`.
    control_answer begin(const std::string& pool, const http::service& current);

    control_answer describe(const http::service& current) const;

private:
    void lead_home(const upstream::pool& pool, const conf::rebalance_options& options);
    void step_pool(const http::service& current, std::size_t pool, net::milliseconds_count now);
    boost::json::object describe_homecoming(const std::string& pool,
                                            const conf::rebalance_options& options) const;
    void close(const upstream::pool_share& from, const std::string& pool, std::uint64_t count);
    tunnel_census count() const;

    const std::vector<std::unique_ptr<worker>>& workers_;
    std::map<std::string, upstream::rebalancer> machines_; // of the pools that want it
    std::map<std::string, homecoming> homecomings_;        // of those of them that hash values
    std::vector<counted_tunnels> counted_;                 // in this step
};

} // namespace fairlead::server
