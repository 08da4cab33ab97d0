// The sections of the status document that are made of one list each.
//
// What is configured is told in the configuration's order; behind it, with `configured` false, what a reload
// took away and still has tunnels. Thread: the main thread's.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/http/service.hpp"
#include "proxy/status/source_fill.hpp"
#include "proxy/status/traffic.hpp"

#include <boost/json/array.hpp>

#include <chrono>
#include <span>
#include <vector>

namespace fairlead::server {

std::vector<metrics::route_load> route_loads(const http::service& of);

boost::json::array describe_workers(std::span<const metrics::worker_shard* const> shards);
// What connections hold, and what was given up for want of it.
boost::json::object describe_memory(const metrics::memory_state& of,
                                    std::span<const metrics::worker_shard* const> shards);
boost::json::array describe_routes(const http::service& of, const status::traffic_census& traffic);

// Both are given what is known of their health, and add the traffic.
boost::json::array describe_pools(boost::json::array pools, const status::traffic_census& traffic);
boost::json::array describe_backends(boost::json::array backends, const status::traffic_census& traffic);

boost::json::array describe_sources(std::span<const status::destination_fill> fills);
boost::json::array describe_certificates(std::span<const metrics::certificate_state> certificates,
                                         std::chrono::system_clock::time_point now);

// Of each reload what it came to, the number of its changes by kind, and its first error.
boost::json::array shorten_reloads(const boost::json::array& history);

} // namespace fairlead::server
