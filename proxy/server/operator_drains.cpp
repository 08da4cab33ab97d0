#include "proxy/server/operator_drains.hpp"

#include "conf/suggestion.hpp"
#include "proxy/log/utc_text.hpp"

#include <boost/json/array.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using websocket::drain_kind;

constexpr std::size_t nearest_names = 5;

std::string name_of(const websocket::drain_target& what)
{
    return what.kind == drain_kind::backend ? what.pool + "/" + what.name : what.name;
}

std::vector<std::string> names_of(drain_kind kind, const http::service& current)
{
    std::vector<std::string> names;
    for (const auto& route : current.config.routes) {
        if (kind == drain_kind::route) names.push_back(route.name);
    }
    for (const auto& pool : current.config.pools) {
        for (const auto& each : pool.backends) {
            if (kind == drain_kind::backend) names.push_back(pool.name + "/" + each.address.text);
        }
    }
    for (const auto& each : current.config.listeners) {
        if (kind == drain_kind::listener) names.push_back(each.address.text);
    }
    return names;
}

control_answer refuse_unknown(const websocket::drain_target& what, const http::service& current)
{
    const std::string wanted = name_of(what);
    std::vector<std::string> names = names_of(what.kind, current);
    std::ranges::stable_sort(names, {},
                             [&](const std::string& each) { return conf::edit_distance(wanted, each); });
    names.resize(std::min(names.size(), nearest_names));
    control_answer answer = refuse(404, "there is no " + std::string(label(what.kind)) + " '" + wanted + "'");
    answer.body["nearest"] = json::array(names.begin(), names.end());
    return answer;
}

std::shared_ptr<routing::route_load> find_route(const std::string& name, const http::service& current)
{
    for (std::size_t i = 0; i < current.loads.size(); ++i) {
        if (current.config.routes[i].name == name) return current.loads[i];
    }
    return nullptr;
}

std::shared_ptr<upstream::backend> find_backend(const websocket::drain_target& what,
                                                const http::service& current)
{
    for (const auto& pool : current.pools) {
        if (pool->name() != what.pool) continue;
        for (const auto& each : pool->backends()) {
            if (each->address().text == what.name) return each;
        }
    }
    return nullptr;
}

const conf::listen_options* find_listener(const std::string& address, const http::service& current)
{
    for (const auto& each : current.config.listeners) {
        if (each.address.text == address) return &each;
    }
    return nullptr;
}

bool is_configured(const websocket::drain_target& what, const http::service& current)
{
    switch (what.kind) {
    case drain_kind::process:
    case drain_kind::reload:
    case drain_kind::dead_backend: break;
    case drain_kind::route: return find_route(what.name, current) != nullptr;
    case drain_kind::backend: return find_backend(what, current) != nullptr;
    case drain_kind::listener: return find_listener(what.name, current) != nullptr;
    }
    return false;
}

} // namespace

void operator_drains::mark(const standing& which, bool draining) noexcept
{
    if (which.route) which.route->set_draining(draining);
    if (which.backend) which.backend->set_draining(draining);
}

operator_drains::standing* operator_drains::find(const websocket::drain_target& what)
{
    const auto found = std::ranges::find(standing_, what, &standing::what);
    return found == standing_.end() ? nullptr : &*found;
}

bool operator_drains::covers_listener(const std::string& address) const
{
    return std::ranges::any_of(standing_, [&](const standing& each) {
        return each.what.kind == drain_kind::listener && each.what.name == address;
    });
}

control_answer operator_drains::change(const drain_request& asked, const http::service& current)
{
    if (asked.undo) return take_back(asked, current);
    if (!is_configured(asked.what, current)) return refuse_unknown(asked.what, current);
    standing fresh;
    fresh.what = asked.what;
    if (asked.what.kind == drain_kind::route) fresh.route = find_route(asked.what.name, current);
    if (asked.what.kind == drain_kind::backend) fresh.backend = find_backend(asked.what, current);
    return begin(asked, std::move(fresh), current);
}

// Again: over a new window.
control_answer operator_drains::begin(const drain_request& asked, standing fresh,
                                      const http::service& current)
{
    const conf::drain_options& drain = current.config.drain;
    fresh.since = std::chrono::system_clock::now();
    fresh.begun = std::chrono::steady_clock::now();
    fresh.window = asked.window.value_or(drain.window);
    const websocket::drain_manner how{static_cast<net::milliseconds_count>(fresh.window.count()),
                                      drain.order == conf::drain_direction::newest_first};
    mark(fresh, true); // first: a worker that begins finds nothing new coming
    for (const auto& each : workers_) {
        auto told = fresh.told.emplace_back(std::make_shared<websocket::drain_cell>());
        each->post([what = fresh.what, told, how](worker& self) { self.begin_drain(what, told, how); });
    }
    spdlog::info("draining {} {} over {} ms", label(asked.what.kind), name_of(asked.what),
                 fresh.window.count());
    control_answer answer;
    answer.body["drain"] = describe(fresh);
    std::erase_if(standing_, [&](const standing& each) { return each.what == fresh.what; });
    standing_.push_back(std::move(fresh));
    return answer;
}

control_answer operator_drains::take_back(const drain_request& asked, const http::service& current)
{
    standing* const which = find(asked.what);
    if (which == nullptr) {
        if (!is_configured(asked.what, current)) return refuse_unknown(asked.what, current);
        return refuse(409, std::string(label(asked.what.kind)) + " '" + name_of(asked.what) +
                               "' is not being drained");
    }
    std::vector<owned_fd> sockets;
    if (asked.what.kind == drain_kind::listener) {
        const bool is_closed = std::ranges::all_of(
            which->told, [](const auto& each) { return each->has_begun.load(std::memory_order_acquire); });
        if (!is_closed) return refuse(409, "the listener is still being closed; ask again in a moment");
        try {
            sockets = open_again(asked.what.name, current);
        } catch (const std::exception& failure) {
            return refuse(409, std::string("it cannot listen again: ") + failure.what());
        }
    }
    forget(*which); // first: what is accepted then is not being drained
    if (asked.what.kind == drain_kind::listener) add_listener(asked.what.name, std::move(sockets), current);
    spdlog::info("no longer draining {} {}", label(asked.what.kind), name_of(asked.what));
    standing_.erase(standing_.begin() + (which - standing_.data()));
    control_answer answer;
    answer.body["taken_back"] = true;
    return answer;
}

// Throws as open_listening_sockets() does.
std::vector<owned_fd> operator_drains::open_again(const std::string& address,
                                                  const http::service& current) const
{
    const conf::listen_options* const options = find_listener(address, current);
    const bool is_port_ours = std::ranges::any_of(current.config.listeners, [&](const auto& each) {
        return each.address.port == options->address.port && each.address.text != address &&
               !covers_listener(each.address.text);
    });
    return open_listening_sockets(options->address, workers_.size(), current.config.socket.backlog,
                                  is_port_ours || current.config.source.replica.count > 1);
}

void operator_drains::add_listener(const std::string& address, std::vector<owned_fd> sockets,
                                   const http::service& current)
{
    const conf::listen_options* const options = find_listener(address, current);
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        auto socket = std::make_shared<owned_fd>(std::move(sockets[i]));
        workers_[i]->post(
            [options = *options, socket](worker& self) { self.add_listener(options, std::move(*socket)); });
    }
}

void operator_drains::forget(const standing& which)
{
    mark(which, false);
    for (const auto& each : workers_)
        each->post([what = which.what](worker& self) { self.take_back_drain(what); });
}

void operator_drains::after_reload(const http::service& next)
{
    std::erase_if(standing_, [&](const standing& each) {
        if (is_configured(each.what, next)) return false;
        forget(each);
        return true;
    });
}

json::object operator_drains::describe(const standing& which)
{
    std::uint64_t total = 0, left = 0, open = 0;
    bool has_begun = true;
    for (const auto& each : which.told) {
        has_begun &= each->has_begun.load(std::memory_order_acquire);
        total += each->total.load(std::memory_order_relaxed);
        left += each->left.load(std::memory_order_relaxed);
        open += each->open.load(std::memory_order_relaxed) + each->sessions.load(std::memory_order_relaxed);
    }
    if (which.route) open = which.route->live();
    if (which.backend) open = which.backend->live();
    const auto passed = std::chrono::steady_clock::now() - which.begun;
    const std::chrono::duration<double> rest = which.window - passed;
    json::object out;
    out["kind"] = label(which.what.kind);
    out["name"] = name_of(which.what);
    out["state"] = !has_begun || left > 0 ? "draining" : open > 0 ? "closing" : "drained";
    out["since"] = log::utc_text(which.since);
    out["total"] = total;
    out["left"] = left;
    out["open"] = open;
    out["seconds_left"] = std::max(0.0, rest.count());
    return out;
}

control_answer operator_drains::describe() const
{
    json::array drains;
    for (const standing& each : standing_)
        drains.push_back(describe(each));
    control_answer answer;
    answer.body["drains"] = std::move(drains);
    return answer;
}

} // namespace fairlead::server
