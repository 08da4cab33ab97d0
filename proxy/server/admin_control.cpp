#include "proxy/server/admin_control.hpp"

#include "proxy/server/admin_parameters.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace fairlead::server {
namespace {

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

struct page
{
    std::string_view path;
    control_answer (*look)(process_control&);
    control_answer (*change)(std::string_view query, process_control&); // null: it only tells
};

constexpr std::array<page, 4> pages{{
    {"/drain", [](process_control& process) { return process.drains(); }, post_drain},
    {"/reload", [](process_control& process) { return process.reloads(); }, post_reload},
    {"/rebalance", [](process_control& process) { return process.rebalancing(); }, post_rebalance},
    {"/backends", [](process_control& process) { return process.backends(); }, nullptr},
}};

std::optional<admin_answer> refuse_change(const admin_query& asked)
{
    if (!asked.has_control_field)
        return to_answer(refuse(403, "a change needs the field X-Fairlead-Control: 1"));
    if (asked.has_origin) return to_answer(refuse(403, "a page in a browser may not change anything here"));
    if (asked.has_body) return to_answer(refuse(400, "parameters go into the query; there is no body"));
    return std::nullopt;
}

} // namespace

admin_answer to_answer(const control_answer& from)
{
    return {from.status, boost::json::serialize(from.body) + "\n", {}};
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

std::optional<connections_query> read_connections_query(const admin_query& asked)
{
    constexpr std::string_view page = "/connections";
    std::string_view path = path_of(asked.target);
    if (!path.starts_with(page)) return std::nullopt;
    path.remove_prefix(page.size());
    if (!path.empty() && path.front() != '/') return std::nullopt;
    connections_query out{{std::string(path.substr(path.empty() ? 0 : 1)),
                           std::string(query_of(asked.target)), asked.method == "DELETE"}};
    if (asked.method == "GET" || asked.method == "HEAD") return out;
    if (out.asked.close) {
        out.refusal = refuse_change(asked);
        return out;
    }
    out.refusal = to_answer(refuse(405, "only GET, HEAD and DELETE"));
    out.refusal->allow = "GET, HEAD, DELETE";
    return out;
}

std::optional<admin_answer> answer_control(const admin_query& asked, process_control& process)
{
    const auto found = std::ranges::find(pages, path_of(asked.target), &page::path);
    if (found == pages.end()) return std::nullopt;
    if (asked.method == "GET" || asked.method == "HEAD") return to_answer(found->look(process));
    const bool takes_post = found->change != nullptr;
    if (asked.method != "POST" || !takes_post) {
        admin_answer answer =
            to_answer(refuse(405, takes_post ? "only GET, HEAD and POST" : "only GET and HEAD"));
        answer.allow = takes_post ? "GET, HEAD, POST" : "GET, HEAD";
        return answer;
    }
    if (auto refused = refuse_change(asked)) return refused;
    return to_answer(found->change(query_of(asked.target), process));
}

} // namespace fairlead::server
