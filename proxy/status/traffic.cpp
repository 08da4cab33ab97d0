#include "proxy/status/traffic.hpp"

#include <vector>

namespace fairlead::status {
namespace {

total read(const metrics::counter& from) { return from.value(); }
total read(total from) { return from; }

template <class Key, class From>
void add_each(metrics::by<Key, total>& into, const metrics::by<Key, From>& from)
{
    for (const Key key : metrics::by<Key, total>::keys())
        into[key] += read(from[key]);
}

template <class Outer, class Inner, class From>
void add_each(metrics::by<Outer, metrics::by<Inner, total>>& into, const From& from)
{
    for (const Outer key : metrics::by<Outer, total>::keys())
        add_each(into[key], from[key]);
}

void add_dials(traffic_census& into, const metrics::worker_shard& shard)
{
    std::vector<metrics::worker_shard::backend_list::entry> listed;
    shard.backends().append_to(listed);
    for (const auto& each : listed) {
        dial_total& dials = into.backends[{each.labels[0], each.labels[1]}].dials;
        dials.dials += each.cells->dials.value();
        dials.reused += each.cells->reused.value();
        add_each(dials.failures, each.cells->dial_failures);
    }
}

void add_tunnels(traffic_census& into, const metrics::worker_shard& shard)
{
    std::vector<metrics::worker_shard::tunnel_list::entry> listed;
    shard.tunnels().append_to(listed);
    for (const auto& each : listed) {
        tunnel_total one;
        one.add(*each.cells);
        into.all.tunnels.add(one);
        into.routes[each.labels[0]].tunnels.add(one);
        into.pools[each.labels[1]].tunnels.add(one);
        into.backends[{each.labels[1], each.labels[2]}].tunnels.add(one);
    }
}

void add_requests(traffic_census& into, const metrics::worker_shard& shard)
{
    std::vector<metrics::worker_shard::http_list::entry> listed;
    shard.https().append_to(listed);
    for (const auto& each : listed) {
        request_total one;
        one.add(*each.cells);
        into.all.requests.add(one);
        into.routes[each.labels[0]].requests.add(one);
        into.pools[each.labels[1]].requests.add(one);
    }
}

} // namespace

template <class Bounds>
void histogram_total<Bounds>::add(const metrics::histogram<Bounds>& from)
{
    for (std::size_t i = 0; i < buckets.size(); ++i)
        buckets[i] += from.bucket(i);
    sum_us += from.sum_us();
}

template <class Bounds>
void histogram_total<Bounds>::add(const histogram_total& from)
{
    for (std::size_t i = 0; i < buckets.size(); ++i)
        buckets[i] += from.buckets[i];
    sum_us += from.sum_us;
}

// Closed first: a tunnel that opens meanwhile is one too many for a moment, never one too few.
void tunnel_total::add(const metrics::tunnel_cells& from)
{
    add_each(closed, from.closed);
    opened += from.opened.value();
    for (const auto to : metrics::by<metrics::direction, total>::keys()) {
        for (const auto kind : metrics::message_counters::keys())
            messages[to] += from.messages[to][kind].value();
    }
    add_each(bytes, from.bytes);
    add_each(close_codes, from.close_codes);
    handshake.add(from.handshake);
    lifetime.add(from.lifetime);
}

void tunnel_total::add(const tunnel_total& from)
{
    add_each(closed, from.closed);
    opened += from.opened;
    add_each(messages, from.messages);
    add_each(bytes, from.bytes);
    add_each(close_codes, from.close_codes);
    handshake.add(from.handshake);
    lifetime.add(from.lifetime);
}

total tunnel_total::closed_in_all() const noexcept
{
    total sum = 0;
    for (const auto who : metrics::by<metrics::party, total>::keys()) {
        for (const auto why : metrics::by<metrics::end_cause, total>::keys())
            sum += closed[who][why];
    }
    return sum;
}

total tunnel_total::active() const noexcept
{
    const total ended = closed_in_all();
    return opened > ended ? opened - ended : 0;
}

void request_total::add(const metrics::http_cells& from)
{
    add_each(requests, from.requests);
    add_each(bytes, from.bytes);
    latency.add(from.latency);
}

void request_total::add(const request_total& from)
{
    add_each(requests, from.requests);
    add_each(bytes, from.bytes);
    latency.add(from.latency);
}

traffic_census::traffic_census(std::span<const metrics::worker_shard* const> shards)
{
    for (const metrics::worker_shard* shard : shards) {
        add_tunnels(*this, *shard);
        add_requests(*this, *shard);
        add_dials(*this, *shard);
        add_each(refusals, shard->own().refusals);
    }
}

} // namespace fairlead::status
