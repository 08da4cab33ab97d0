#include "metrics/worker_samples.hpp"

#include "metrics/metric_table.hpp"

#include <string>

namespace fairlead::metrics {
namespace {

void add_loop_lags(exposition& out, const shard_list& shards)
{
    using entry = labelled_cells<worker_cells, 1>::entry;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const std::string number = std::to_string(i);
        const entry only{{number}, &shards[i]->own()};
        group<entry>{{&only, 1}}.add_histogram(out, metric::loop_lag_seconds, {number},
                                               &worker_cells::loop_lag);
    }
}

} // namespace

void add_workers(exposition& out, const shard_list& shards)
{
    const auto sum = [&](auto pick) {
        double total = 0;
        for (const worker_shard* shard : shards)
            total += static_cast<double>(pick(shard->own()).value());
        return total;
    };
    const auto add = [&](metric id, auto which) {
        out.add(id, {}, sum([&](const worker_cells& c) -> auto& { return c.*which; }));
    };
    add(metric::connections_accepted, &worker_cells::connections_accepted);
    add(metric::connections_open, &worker_cells::connections_open);
    add(metric::sessions_open, &worker_cells::sessions_open);
    add(metric::tunnels_open, &worker_cells::tunnels_open);
    add(metric::accept_pauses, &worker_cells::accept_pauses);
    add(metric::relay_wakes, &worker_cells::relay_wakes);
    add(metric::relay_events, &worker_cells::relay_events);
    for (const exception_cost cost : by<exception_cost, counter>::keys()) {
        out.add(metric::exceptions, {label(cost)},
                sum([&](const worker_cells& c) -> auto& { return c.exceptions[cost]; }));
    }
    for (const refusal reason : by<refusal, counter>::keys()) {
        const double count = sum([&](const worker_cells& c) -> auto& { return c.refusals[reason]; });
        if (count > 0) out.add(metric::refusals, {label(reason)}, count);
    }
    for (const proxy_protocol_version version : by<proxy_protocol_version, counter>::keys()) {
        const double count =
            sum([&](const worker_cells& c) -> auto& { return c.proxy_protocol_headers[version]; });
        if (count > 0) out.add(metric::proxy_protocol_headers, {label(version)}, count);
    }
    for (const proxy_protocol_fault reason : by<proxy_protocol_fault, counter>::keys()) {
        const double count =
            sum([&](const worker_cells& c) -> auto& { return c.proxy_protocol_refusals[reason]; });
        if (count > 0) out.add(metric::proxy_protocol_refusals, {label(reason)}, count);
    }
    for (const drain_kind kind : by<drain_kind, gauge>::keys()) {
        out.add(metric::drain_tunnels_left, {label(kind)},
                sum([&](const worker_cells& c) -> auto& { return c.drain_left[kind]; }));
    }
    for (const shed what : by<shed, counter>::keys()) {
        for (const shortage want : by<shortage, counter>::keys()) {
            if (want == shortage::descriptors && what != shed::idle) continue; // accept_pauses tells the rest
            out.add(metric::sheds, {label(want), label(what)},
                    sum([&](const worker_cells& c) -> auto& { return c.sheds[want][what]; }));
        }
    }
    out.add(metric::workers, {}, static_cast<double>(shards.size()));
    add_loop_lags(out, shards);
}

void add_memory(exposition& out, const memory_state& of)
{
    for (const memory_kind kind : by<memory_kind, std::uint64_t>::keys())
        out.add(metric::memory_bytes, {label(kind)}, static_cast<double>(of.bytes[kind]));
    if (of.limit != 0) out.add(metric::memory_limit_bytes, {}, static_cast<double>(of.limit));
}

void add_accept_queue(exposition& out, const accept_queue_state& of)
{
    const std::string number = std::to_string(of.worker);
    out.add(metric::accept_queue, {of.listener, number}, static_cast<double>(of.waiting));
    out.add(metric::accept_queue_limit, {of.listener, number}, static_cast<double>(of.limit));
    if (of.drops) out.add(metric::accept_drops, {of.listener, number}, static_cast<double>(*of.drops));
}

} // namespace fairlead::metrics
