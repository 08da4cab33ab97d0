// What has gone through a part of the proxy, as plain numbers: the metric cells of all workers added up, in
// all, by route, by pool and by backend.
//
// Totals since the start, which only grow; whoever watches computes rates. Requests have no backend in the
// cells: those of a backend are its dials and reuses. Numbers of one moment may differ by what happens while
// reading. Reads cells that their workers write meanwhile. Names are views, good as long as the shards.
// Thread: any.
#pragma once

#include "metrics/worker_shard.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <utility>

namespace fairlead::status {

using total = std::uint64_t;

template <class Bounds>
struct histogram_total
{
    std::array<total, Bounds::bounds.size() + 1> buckets{}; // each alone
    total sum_us = 0;

    void add(const metrics::histogram<Bounds>& from);
    void add(const histogram_total& from);
};

struct tunnel_total
{
    total opened = 0;
    metrics::by<metrics::party, metrics::by<metrics::end_cause, total>> closed;
    metrics::by<metrics::direction, total> messages;
    metrics::by<metrics::direction, total> bytes;
    metrics::by<metrics::party, metrics::by<metrics::close_code_slot, total>> close_codes;
    histogram_total<metrics::handshake_bounds> handshake;
    histogram_total<metrics::lifetime_bounds> lifetime;

    void add(const metrics::tunnel_cells& from);
    void add(const tunnel_total& from);
    total closed_in_all() const noexcept;
    total active() const noexcept; // opened less closed
};

struct request_total
{
    metrics::by<metrics::status_class, total> requests;
    metrics::by<metrics::direction, total> bytes; // of bodies
    histogram_total<metrics::latency_bounds> latency;

    void add(const metrics::http_cells& from);
    void add(const request_total& from);
};

struct dial_total
{
    total dials = 0;
    total reused = 0;
    metrics::by<metrics::dial_failure, total> failures;
};

struct traffic
{
    tunnel_total tunnels;
    request_total requests;
};

struct backend_traffic
{
    tunnel_total tunnels;
    dial_total dials;
};

struct traffic_census
{
    explicit traffic_census(std::span<const metrics::worker_shard* const> shards);

    traffic all;
    std::map<std::string_view, traffic> routes;
    std::map<std::string_view, traffic> pools;
    std::map<std::pair<std::string_view, std::string_view>, backend_traffic> backends; // by pool, address
    metrics::by<metrics::refusal, total> refusals;
};

} // namespace fairlead::status
