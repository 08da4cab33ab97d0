#include "proxy/cli/control.hpp"

#include "conf/values.hpp"
#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/control_text.hpp"
#include "proxy/cli/exit_codes.hpp"
#include "proxy/cli/json_members.hpp"
#include "proxy/cli/progress.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <thread>

namespace fairlead::cli {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds reload_limit{60}; // a large configuration takes its time
constexpr std::chrono::milliseconds look_interval{250};
constexpr std::chrono::seconds begin_limit{3}; // a pool that is even enough never begins

std::string target_of(const drain_command& how)
{
    std::string target = "/drain?";
    if (!how.route.empty()) target += "route=" + escape_query(how.route);
    if (!how.backend.empty()) target += "backend=" + escape_query(how.backend);
    if (!how.listener.empty()) target += "listener=" + escape_query(how.listener);
    if (!how.window.empty()) target += "&window=" + escape_query(how.window);
    if (how.undo) target += "&undo=1";
    return target;
}

// The drain of that kind and name, as GET /drain tells it; null when it does not stand any more.
const json::object* find_drain(const admin_document& all, const json::object& like)
{
    const json::value* const drains = all.body.if_contains("drains");
    if (drains == nullptr || !drains->is_array()) return nullptr;
    for (const json::value& each : drains->as_array()) {
        const json::object& one = each.as_object();
        if (one.at("kind") == like.at("kind") && one.at("name") == like.at("name")) return &one;
    }
    return nullptr;
}

int follow(const drain_command& how, const json::object& begun)
{
    const auto limit = conf::parse_duration(how.timeout);
    const auto begin = std::chrono::steady_clock::now();
    progress shown(how.as_json);
    for (;;) {
        const admin_document all = ask(how.admin, "GET", "/drain");
        const json::object* const now = find_drain(all, begun);
        if (now == nullptr) {
            std::cerr << begun.at("kind").as_string().c_str() << " '" << begun.at("name").as_string().c_str()
                      << "' is no longer configured, or its drain was taken back\n";
            return EXIT_FAILURE;
        }
        const bool is_done = now->at("state") == "drained";
        const bool is_over = limit && std::chrono::steady_clock::now() - begin >= *limit;
        shown.show(drain_part(*now), drain_line(*now), json::serialize(*now), is_done || is_over);
        if (is_done) return EXIT_SUCCESS;
        if (is_over) return not_within;
        std::this_thread::sleep_for(look_interval);
    }
}

int tell_drains(const drain_command& how)
{
    const admin_document all = ask(how.admin, "GET", "/drain");
    if (all.status != 200) return fail(all, how.as_json);
    if (how.as_json) {
        std::cout << json::serialize(all.body) << '\n';
        return EXIT_SUCCESS;
    }
    const json::array& drains = all.body.at("drains").as_array();
    for (const json::value& each : drains)
        std::cout << drain_line(each.as_object()) << '\n';
    if (drains.empty()) std::cout << "nothing is being drained\n";
    return EXIT_SUCCESS;
}

// 0 when it is even enough, 1 when closing did not help, not_within when it took longer than it may.
int follow(const rebalance_command& how)
{
    const auto limit = conf::parse_duration(how.timeout);
    const auto begin = std::chrono::steady_clock::now();
    progress shown(how.as_json);
    bool has_begun = false;
    double most = 0;
    for (;;) {
        const admin_document told = ask(how.admin, "GET", "/rebalance");
        json::object now;
        for_each(told.body, "pools", [&](const json::object& each) {
            if (text(each, "pool") == how.pool) now = each;
        });
        if (now.empty()) throw std::runtime_error("pool '" + how.pool + "' is no longer rebalanced");
        const auto waited = std::chrono::steady_clock::now() - begin;
        const std::string state = text(now, "state");
        has_begun = has_begun || state == "rebalancing";
        const double left = number(now, "would_close") + number(now, "on_the_way");
        most = std::max(most, left);
        const bool is_done = state != "rebalancing" && (has_begun || waited >= begin_limit);
        const bool is_over = limit && waited >= *limit;
        shown.show(most > 0 ? 1 - left / most : 1, rebalance_line(now), json::serialize(now),
                   is_done || is_over);
        if (is_done) return state == "without_effect" ? EXIT_FAILURE : EXIT_SUCCESS;
        if (is_over) return not_within;
        std::this_thread::sleep_for(look_interval);
    }
}

void require_duration(const std::string& timeout)
{
    if (!timeout.empty() && !conf::parse_duration(timeout))
        throw std::runtime_error("--timeout is a duration such as 30s or 5m");
}

} // namespace

int drain(const drain_command& how)
{
    require_duration(how.timeout);
    if (how.route.empty() && how.backend.empty() && how.listener.empty()) return tell_drains(how);
    const admin_document begun = ask(how.admin, "POST", target_of(how));
    if (begun.status != 200) return fail(begun, how.as_json);
    if (how.wait && !how.undo) return follow(how, begun.body.at("drain").as_object());
    if (how.as_json)
        std::cout << json::serialize(begun.body) << '\n';
    else if (how.undo)
        std::cout << "no longer drained\n";
    else
        std::cout << drain_line(begun.body.at("drain").as_object()) << '\n';
    return EXIT_SUCCESS;
}

int reload(const reload_command& how)
{
    const admin_document told =
        ask(how.admin, "POST", how.dry_run ? "/reload?dry_run=1" : "/reload", reload_limit);
    if (told.status != 200) return fail(told, how.as_json);
    std::cout << (how.as_json ? json::serialize(told.body) + "\n" : reload_text(told.body));
    return EXIT_SUCCESS;
}

int rebalance(const rebalance_command& how)
{
    require_duration(how.timeout);
    if (!how.pool.empty() && !how.dry_run) {
        const admin_document begun = ask(how.admin, "POST", "/rebalance?pool=" + escape_query(how.pool));
        if (begun.status != 200) return fail(begun, how.as_json);
        if (how.wait) return follow(how);
    }
    const admin_document told = ask(how.admin, "GET", "/rebalance");
    if (told.status != 200) return fail(told, how.as_json);
    std::cout << (how.as_json ? json::serialize(told.body) + "\n" : rebalance_text(told.body));
    return EXIT_SUCCESS;
}

namespace {

// The change that is asked for; empty: none is.
std::string change_of(const backends_command& how)
{
    if (!how.eject.empty()) return "backend=" + escape_query(how.eject) + "&eject=1";
    if (!how.restore.empty()) return "backend=" + escape_query(how.restore) + "&restore=1";
    if (how.weight.empty()) return {};
    const auto sign = how.weight.rfind('=');
    if (sign == how.weight.npos) throw std::runtime_error("--weight is POOL/ADDRESS=N");
    return "backend=" + escape_query(how.weight.substr(0, sign)) +
           "&weight=" + escape_query(how.weight.substr(sign + 1));
}

int change_backend(const backends_command& how, const std::string& change)
{
    const admin_document told = ask(how.admin, "POST", "/backends?" + change);
    if (told.status != 200) return fail(told, how.as_json);
    std::cout << (how.as_json ? json::serialize(told.body) + "\n" : changed_backend_text(told.body));
    return EXIT_SUCCESS;
}

} // namespace

int backends(const backends_command& how)
{
    if (const std::string change = change_of(how); !change.empty()) return change_backend(how, change);
    const admin_document told = ask(how.admin, "GET", "/backends");
    if (told.status != 200) return fail(told, how.as_json);
    if (how.as_json) {
        std::cout << json::serialize(told.body) << '\n';
        return EXIT_SUCCESS;
    }
    const std::string text = backends_text(told.body, how.pool);
    if (text.empty()) throw std::runtime_error("there is no pool '" + how.pool + "'");
    std::cout << text;
    return EXIT_SUCCESS;
}

} // namespace fairlead::cli
