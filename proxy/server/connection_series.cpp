#include "proxy/server/connection_series.hpp"

#include "proxy/server/connection_finder.hpp"
#include "proxy/server/connection_query.hpp"
#include "proxy/server/later_answer.hpp"
#include "proxy/server/metrics_page.hpp"

#include <memory>
#include <string>
#include <utility>

namespace fairlead::server {
namespace {

using metrics::metric;

void add_side(metrics::exposition& out, const std::string& labels, const connection_row::end& of,
              std::string_view to)
{
    const std::uint32_t us = of.round_trip_us != 0 ? of.round_trip_us : of.tcp_round_trip_us;
    if (us != 0) out.add(metric::connection_round_trip, labels, to, static_cast<double>(us) / 1e6);
    out.add(metric::connection_queue, labels, to, static_cast<double>(of.waiting_bytes + of.unsent_bytes));
}

} // namespace

void add_connection(metrics::exposition& out, const connection_row& row,
                    std::chrono::steady_clock::time_point now)
{
    const std::string labels = metrics::exposition::render(
        metric::connection_age, {row.id, row.route, row.pool, row.backend.address, row.client.address});
    const std::chrono::duration<double> age = now - row.opened_at;
    const std::chrono::duration<double> idle = row.idle;
    const std::string_view to_backend = label(metrics::direction::to_backend);
    const std::string_view to_client = label(metrics::direction::to_client);
    out.add(metric::connection_age, labels, {}, age.count());
    out.add(metric::connection_idle, labels, {}, idle.count());
    out.add(metric::connection_bytes, labels, to_backend, static_cast<double>(row.client.bytes));
    out.add(metric::connection_bytes, labels, to_client, static_cast<double>(row.backend.bytes));
    if (row.is_websocket) {
        out.add(metric::connection_messages, labels, to_backend, static_cast<double>(row.client.messages));
        out.add(metric::connection_messages, labels, to_client, static_cast<double>(row.backend.messages));
    }
    add_side(out, labels, row.client, label(metrics::party::client));
    add_side(out, labels, row.backend, label(metrics::party::backend));
}

net::task<admin::page_answer> answer_connection_series(process_control& process,
                                                       const admin::page_request& asked)
{
    connection_query_result read = read_top_query(admin::query_of(asked.target));
    if (!read.problem.empty()) co_return admin::error_answer(400, read.problem);
    const auto query = std::make_shared<const connection_query>(std::move(read.query));
    const auto ask = [to = &process, what = &query](process_control::found done) {
        to->find(*what, std::move(done));
    };
    const found_connections found = co_await answer_of<found_connections>(ask);
    const metrics::exposition_format format = format_for(asked.accept);
    metrics::exposition out(format);
    out.add(metric::connection_matches, {}, static_cast<double>(found.matched));
    const auto now = std::chrono::steady_clock::now();
    for (const found_connection& each : found.first)
        add_connection(out, *each.row, now);
    std::string text = out.take();
    co_return co_await answer_exposition(std::move(text), format, asked.accept_encoding);
}

} // namespace fairlead::server
