#include "proxy/server/connection_report.hpp"

#include "proxy/server/connection_query.hpp"

#include <boost/asio/post.hpp>
#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>

namespace fairlead::server {
namespace {

// Of one query, while workers are still looking.
struct gathering
{
    std::shared_ptr<const connection_query> asked;
    process_control::found done;
    std::size_t missing = 0;
    found_connections all;

    void add(found_connections part)
    {
        all.matched += part.matched;
        std::ranges::move(part.first, std::back_inserter(all.first));
        if (--missing > 0) return;
        std::ranges::sort(all.first, [&](const found_connection& a, const found_connection& b) {
            return comes_before(*asked, a, b);
        });
        const std::size_t end = std::min(asked->offset + asked->limit, all.first.size());
        all.first.resize(end);
        all.first.erase(all.first.begin(),
                        all.first.begin() + static_cast<std::ptrdiff_t>(std::min(asked->offset, end)));
        done(std::move(all));
    }
};

// What a worker tells goes to the main thread.
connection_finder::told teller(const std::shared_ptr<gathering>& to, net::asio::io_context& main)
{
    return [to, &main](found_connections part) {
        auto found = std::make_shared<found_connections>(std::move(part));
        net::asio::post(main, [to, found] { to->add(std::move(*found)); });
    };
}

control_answer list(const connection_query& asked, const found_connections& found)
{
    const auto now = std::chrono::steady_clock::now();
    const auto wall_now = std::chrono::system_clock::now();
    boost::json::array listed;
    for (const found_connection& each : found.first)
        listed.push_back(to_json(*each.row, now, wall_now));
    control_answer out;
    out.body["matched"] = found.matched;
    out.body["offset"] = asked.offset;
    out.body["limit"] = asked.limit;
    out.body["connections"] = std::move(listed);
    return out;
}

control_answer answer(const connection_query& asked, const found_connections& found, bool is_of_one)
{
    if (is_of_one && found.matched == 0) return refuse(404, "there is no such connection");
    if (asked.close_code == 0) return list(asked, found);
    control_answer out;
    out.body["closed"] = found.matched;
    return out;
}

} // namespace

void report_connections(net::asio::io_context& main, std::span<const std::unique_ptr<worker>> workers,
                        const connections_request& asked, process_control::later done)
{
    // Behind what the query says of it, so that it cannot be said twice.
    const std::string query = asked.id.empty() ? asked.query : asked.query + "&id=" + asked.id;
    connection_query_result read = asked.close ? read_close_query(query) : read_connection_query(query);
    if (!read.problem.empty()) {
        done(refuse(400, std::move(read.problem)));
        return;
    }
    const auto query_of = std::make_shared<const connection_query>(std::move(read.query));
    find_connections(main, workers, query_of,
                     [query_of, done = std::move(done), is_of_one = !asked.id.empty()](
                         found_connections all) { done(answer(*query_of, all, is_of_one)); });
}

void find_connections(net::asio::io_context& main, std::span<const std::unique_ptr<worker>> workers,
                      std::shared_ptr<const connection_query> asked, process_control::found done)
{
    const auto all = std::make_shared<gathering>();
    all->asked = std::move(asked);
    all->done = std::move(done);
    all->missing = workers.size();
    for (const auto& each : workers)
        each->post([all, &main](worker& on) { on.connections().find(all->asked, teller(all, main)); });
}

void trace_connection(net::asio::io_context& main, std::span<const std::unique_ptr<worker>> workers,
                      const std::string& id, std::shared_ptr<websocket::frame_trace> into,
                      std::function<void(std::uint64_t)> done)
{
    connection_query one;
    one.id = id;
    const auto all = std::make_shared<gathering>();
    all->asked = std::make_shared<const connection_query>(std::move(one));
    all->done = [done = std::move(done)](const found_connections& found) { done(found.matched); };
    all->missing = workers.size();
    for (const auto& each : workers) {
        each->post(
            [all, into, &main](worker& on) { on.connections().trace(all->asked, into, teller(all, main)); });
    }
}

} // namespace fairlead::server
