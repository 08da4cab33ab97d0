#include "proxy/server/admin_control.hpp"

#include "proxy/server/admin_parameters.hpp"
#include "proxy/server/connection_series.hpp"
#include "proxy/server/connection_trace.hpp"
#include "proxy/server/explain_request.hpp"
#include "proxy/server/later_answer.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace fairlead::server {
namespace {

using admin::page_request;
using websocket::drain_kind;

// No pool has a '/' in its name.
std::pair<std::string, std::string> split_backend(const std::string& name, admin_parameters& given)
{
    const auto slash = name.find('/');
    if (slash == name.npos) given.fail("backend is POOL/ADDRESS");
    return slash == name.npos ? std::pair<std::string, std::string>()
                              : std::pair(name.substr(0, slash), name.substr(slash + 1));
}

std::optional<websocket::drain_target> target_of(admin_parameters& given)
{
    std::vector<websocket::drain_target> named;
    if (const auto route = given.text("route")) named.push_back({drain_kind::route, *route, {}});
    if (const auto listener = given.text("listener")) named.push_back({drain_kind::listener, *listener, {}});
    if (const auto backend = given.text("backend")) {
        const auto [pool, address] = split_backend(*backend, given);
        if (given.problem().empty()) named.push_back({drain_kind::backend, address, pool});
    }
    if (named.size() == 1) return named.front();
    if (given.problem().empty())
        given.fail(
            "say one of route=R, backend=POOL/ADDRESS and listener=ADDRESS; SIGTERM drains everything");
    return std::nullopt;
}

control_answer post_drain(const page_request& from, process_control& process)
{
    admin_parameters given(admin::query_of(from.target), {"route", "backend", "listener", "undo", "window"});
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

control_answer post_reload(const page_request& from, process_control& process)
{
    admin_parameters given(admin::query_of(from.target), {"dry_run"});
    const bool is_dry = given.flag("dry_run");
    return given.problem().empty() ? process.reload(is_dry) : refuse(400, given.problem());
}

control_answer post_rebalance(const page_request& from, process_control& process)
{
    admin_parameters given(admin::query_of(from.target), {"pool"});
    const auto pool = given.text("pool");
    if (!pool && given.problem().empty()) given.fail("say which pool=P");
    return given.problem().empty() ? process.rebalance(*pool) : refuse(400, given.problem());
}

control_answer post_backends(const page_request& from, process_control& process)
{
    admin_parameters given(admin::query_of(from.target), {"backend", "weight", "eject", "restore"});
    backend_request asked;
    asked.by = from.by;
    std::tie(asked.pool, asked.backend) = split_backend(given.text("backend").value_or(""), given);
    const auto weight = given.number("weight", 1, 1'000);
    const bool eject = given.flag("eject");
    const bool restore = given.flag("restore");
    if (weight.has_value() + eject + restore != 1) given.fail("say one of weight=N, eject=1 and restore=1");
    asked.wish = weight ? backend_wish::weight : eject ? backend_wish::eject : backend_wish::restore;
    asked.weight = static_cast<std::uint32_t>(weight.value_or(0));
    return given.problem().empty() ? process.change_backend(asked) : refuse(400, given.problem());
}

struct row
{
    std::string_view path;
    control_answer (*look)(process_control&);
    control_answer (*change)(const page_request&, process_control&); // null: it only tells
};

constexpr std::array<row, 5> rows{{
    {"/drain", [](process_control& process) { return process.drains(); }, post_drain},
    {"/reload", [](process_control& process) { return process.reloads(); }, post_reload},
    {"/rebalance", [](process_control& process) { return process.rebalancing(); }, post_rebalance},
    {"/status", [](process_control& process) { return process.status(); }, nullptr},
    {"/backends", [](process_control& process) { return process.backends(); }, post_backends},
}};

admin::page page_of(const row& from, process_control& process)
{
    const auto answer = [from, &process](const page_request& asked) {
        return to_answer(asked.method == "POST" ? from.change(asked, process) : from.look(process));
    };
    return {.path = std::string(from.path),
            .methods = from.change != nullptr ? "GET, HEAD, POST" : "GET, HEAD",
            .answer = answer};
}

net::task<admin::page_answer> look_at_connections(process_control& process, const page_request& from)
{
    const connections_request asked = connections_asked(from);
    const auto ask = [to = &process, what = &asked](const process_control::later& done) {
        to->connections(*what, done);
    };
    const control_answer told = co_await answer_of<control_answer>(ask);
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
    const auto explain = [&process](const page_request& asked) {
        const auto wanted = read_explain_query(admin::query_of(asked.target));
        return to_answer(wanted.has_error() ? refuse(400, wanted.error().why) : process.explain(*wanted));
    };
    pages.push_back({.path = "/explain", .answer = explain});
    const auto look = [&process](const page_request& asked) { return look_at_connections(process, asked); };
    for (const auto* const path : {"/connections", "/connections/*"})
        pages.push_back({.path = path, .methods = "GET, HEAD, DELETE", .answer_later = look});
    const auto tell_series = [&process](const page_request& asked) {
        return answer_connection_series(process, asked);
    };
    pages.push_back(trace_page(process));
    pages.push_back({.path = "/metrics/connections", .answer_later = tell_series});
    return pages;
}

} // namespace fairlead::server
