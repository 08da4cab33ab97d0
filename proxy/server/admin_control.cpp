#include "proxy/server/admin_control.hpp"

#include "proxy/server/admin_parameters.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace fairlead::server {
namespace {

using admin::page_request;
using websocket::drain_kind;

std::optional<websocket::drain_target> target_of(admin_parameters& given)
{
    std::vector<websocket::drain_target> named;
    if (const auto route = given.text("route")) named.push_back({drain_kind::route, *route, {}});
    if (const auto listener = given.text("listener")) named.push_back({drain_kind::listener, *listener, {}});
    if (const auto backend = given.text("backend")) {
        const auto slash = backend->find('/'); // no pool has one in its name
        if (slash == backend->npos)
            given.fail("backend is POOL/ADDRESS");
        else
            named.push_back({drain_kind::backend, backend->substr(slash + 1), backend->substr(0, slash)});
    }
    if (named.size() == 1) return named.front();
    if (given.problem().empty())
        given.fail(
            "say one of route=R, backend=POOL/ADDRESS and listener=ADDRESS; SIGTERM drains everything");
    return std::nullopt;
}

control_answer post_drain(std::string_view query, process_control& process)
{
    admin_parameters given(query, {"route", "backend", "listener", "undo", "window"});
    drain_request asked;
    if (const auto what = target_of(given)) asked.what = *what;
    asked.undo = given.flag("undo");
    if (const auto window = given.text("window")) {
        asked.window = conf::parse_duration(*window);
        if (!asked.window || *asked.window > std::chrono::hours(24))
            given.fail("window is a duration such as 30s, up to 24h");
    }
    return given.problem().empty() ? process.drain(asked) : refuse(400, given.problem());
}

control_answer post_reload(std::string_view query, process_control& process)
{
    admin_parameters given(query, {"dry_run"});
    const bool is_dry = given.flag("dry_run");
    return given.problem().empty() ? process.reload(is_dry) : refuse(400, given.problem());
}

control_answer post_rebalance(std::string_view query, process_control& process)
{
    admin_parameters given(query, {"pool"});
    const auto pool = given.text("pool");
    if (!pool && given.problem().empty()) given.fail("say which pool=P");
    return given.problem().empty() ? process.rebalance(*pool) : refuse(400, given.problem());
}

struct row
{
    std::string_view path;
    control_answer (*look)(process_control&);
    control_answer (*change)(std::string_view query, process_control&); // null: it only tells
};

constexpr std::array<row, 5> rows{{
    {"/drain", [](process_control& process) { return process.drains(); }, post_drain},
    {"/reload", [](process_control& process) { return process.reloads(); }, post_reload},
    {"/rebalance", [](process_control& process) { return process.rebalancing(); }, post_rebalance},
    {"/backends", [](process_control& process) { return process.backends(); }, nullptr},
    {"/status", [](process_control& process) { return process.status(); }, nullptr},
}};

admin::page page_of(const row& from, process_control& process)
{
    const auto answer = [from, &process](const page_request& asked) {
        return to_answer(asked.method == "POST" ? from.change(admin::query_of(asked.target), process)
                                                : from.look(process));
    };
    return {.path = std::string(from.path),
            .methods = from.change != nullptr ? "GET, HEAD, POST" : "GET, HEAD",
            .answer = answer};
}

// Trivially copyable on purpose: g++ 12 destroys other temporaries of a co_await twice.
struct begin_look
{
    process_control* process;
    const connections_request* asked;
    template <class Handler>
    void operator()(Handler&& handler) const
    {
        // Whoever is to be told has a function that can be copied.
        using shared = std::decay_t<Handler>;
        auto waiting = std::make_shared<shared>(std::forward<Handler>(handler));
        process->connections(*asked, [waiting](control_answer answer) {
            auto executor = net::asio::get_associated_executor(*waiting);
            net::asio::post(executor, [waiting, answer = std::move(answer)]() mutable {
                std::move (*waiting)(std::move(answer));
            });
        });
    }
};

net::task<admin::page_answer> look_at_connections(process_control& process, const page_request& from)
{
    constexpr net::asio::use_awaitable_t<net::executor> token{};
    const connections_request asked = connections_asked(from);
    const control_answer told =
        co_await net::asio::async_initiate<const net::asio::use_awaitable_t<net::executor>,
                                           void(control_answer)>(begin_look{&process, &asked}, token);
    co_return to_answer(told);
}

} // namespace

admin::page_answer to_answer(const control_answer& from)
{
    return {from.status, boost::json::serialize(from.body) + "\n"};
}

control_answer refuse(unsigned status, std::string error)
{
    // It may repeat what was asked, which may be any bytes; JSON is UTF-8 (RFC 8259 8.1).
    std::ranges::replace_if(
        error, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    control_answer answer{status, {}};
    answer.body["error"] = std::move(error);
    return answer;
}

connections_request connections_asked(const page_request& asked)
{
    return {asked.segments.empty() ? std::string() : asked.segments.front(),
            std::string(admin::query_of(asked.target)), asked.method == "DELETE"};
}

std::vector<admin::page> control_pages(process_control& process)
{
    std::vector<admin::page> pages;
    for (const row& each : rows)
        pages.push_back(page_of(each, process));
    const auto look = [&process](const page_request& asked) { return look_at_connections(process, asked); };
    for (const auto* const path : {"/connections", "/connections/*"})
        pages.push_back({.path = path, .methods = "GET, HEAD, DELETE", .answer_later = look});
    return pages;
}

} // namespace fairlead::server
