#include "metrics/access_samples.hpp"

#include "metrics/metric_table.hpp"

namespace fairlead::metrics {

void add_passwords(exposition& out, const group<worker_shard::http_list::entry>& cells)
{
    const auto& [route, pool] = cells.labels();
    for (const password_result result : by<password_result, counter>::keys()) {
        const double count = cells.sum([&](const http_cells& c) -> auto& { return c.passwords[result]; });
        if (count > 0) out.add(metric::basic_auth_requests, {route, pool, label(result)}, count);
    }
}

void add_compression(exposition& out, const group<worker_shard::http_list::entry>& cells)
{
    const auto& [route, pool] = cells.labels();
    for (const compression_skip reason : by<compression_skip, counter>::keys()) {
        const double count =
            cells.sum([&](const http_cells& c) -> auto& { return c.compression.skipped[reason]; });
        if (count > 0) out.add(metric::compression_skips, {route, pool, label(reason)}, count);
    }
    const auto sum = [&](auto which) {
        return cells.sum([&](const http_cells& c) -> auto& { return c.compression.*which; });
    };
    const double answers = sum(&compression_cells::answers);
    if (answers == 0) return;
    out.add(metric::compression_answers, {route, pool}, answers);
    out.add(metric::compression_active, {route, pool}, sum(&compression_cells::active));
    out.add(metric::compression_input_bytes, {route, pool}, sum(&compression_cells::input_bytes));
    out.add(metric::compression_output_bytes, {route, pool}, sum(&compression_cells::output_bytes));
}

} // namespace fairlead::metrics
