#include "proxy/server/admin_control.hpp"

#include "proxy/routing/query_parameters.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

namespace fairlead::server {
namespace {

using websocket::drain_kind;

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target)
{
    const auto mark = target.find('?');
    return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

// The parameters of a request that knows all of its names.
class parameters
{
public:
    parameters(std::string_view query, std::initializer_list<std::string_view> known)
        : query_(query)
    {
        for (std::string_view rest = query; !rest.empty();) {
            const std::string_view piece = rest.substr(0, rest.find('&'));
            rest.remove_prefix(std::min(rest.size(), piece.size() + 1));
            const std::string_view name = piece.substr(0, piece.find('='));
            if (!piece.empty() && std::ranges::find(known, name) == known.end())
                problem_ = "there is no parameter '" + std::string(name) + "' here";
        }
    }

    std::optional<std::string> text(std::string_view name)
    {
        routing::query_parameters all(query_);
        const auto first = all.next(name);
        if (!first) return std::nullopt;
        std::string value(*first);
        if (all.next(name)) problem_ = std::string(name) + " is there twice";
        return value;
    }

    bool flag(std::string_view name)
    {
        const auto value = text(name);
        if (value && *value != "1" && *value != "0") problem_ = std::string(name) + " is 1 or 0";
        return value == "1";
    }

    void fail(std::string problem) { problem_ = std::move(problem); }
    const std::string& problem() const noexcept { return problem_; }

private:
    std::string_view query_;
    std::string problem_;
};

std::optional<websocket::drain_target> target_of(parameters& given)
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
    parameters given(query, {"route", "backend", "listener", "undo", "window"});
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
    parameters given(query, {"dry_run"});
    const bool is_dry = given.flag("dry_run");
    return given.problem().empty() ? process.reload(is_dry) : refuse(400, given.problem());
}

control_answer post_rebalance(std::string_view query, process_control& process)
{
    parameters given(query, {"pool"});
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

admin_answer to_answer(const control_answer& from)
{
    return {from.status, boost::json::serialize(from.body) + "\n", {}};
}

} // namespace

control_answer refuse(unsigned status, std::string error)
{
    // It may repeat what was asked, which may be any bytes; JSON is UTF-8 (RFC 8259 8.1).
    std::ranges::replace_if(
        error, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    control_answer answer{status, {}};
    answer.body["error"] = std::move(error);
    return answer;
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
    if (!asked.has_control_field)
        return to_answer(refuse(403, "a change needs the field X-Fairlead-Control: 1"));
    if (asked.has_origin) return to_answer(refuse(403, "a page in a browser may not change anything here"));
    if (asked.has_body) return to_answer(refuse(400, "parameters go into the query; there is no body"));
    return to_answer(found->change(query_of(asked.target), process));
}

} // namespace fairlead::server
