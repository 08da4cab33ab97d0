#include "proxy/server/backend_wishes.hpp"

#include "conf/suggestion.hpp"
#include "proxy/log/utc_text.hpp"

#include <boost/json/array.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using backend_ptr = std::shared_ptr<upstream::backend>;

constexpr std::size_t nearest_names = 5;

std::string name_of(const upstream::backend& of) { return of.pool_name() + "/" + of.address().text; }

backend_ptr find(const backend_request& asked, const http::service& current)
{
    for (const auto& pool : current.pools) {
        if (pool->name() != asked.pool) continue;
        for (const auto& each : pool->backends()) {
            if (each->address().text == asked.backend) return each;
        }
    }
    return nullptr;
}

control_answer refuse_unknown(const backend_request& asked, const http::service& current)
{
    const std::string wanted = asked.pool + "/" + asked.backend;
    std::vector<std::string> names;
    for (const auto& pool : current.pools) {
        for (const auto& each : pool->backends())
            names.push_back(name_of(*each));
    }
    std::ranges::stable_sort(names, {},
                             [&](const std::string& each) { return conf::edit_distance(wanted, each); });
    names.resize(std::min(names.size(), nearest_names));
    control_answer answer = refuse(404, "there is no backend '" + wanted + "'");
    answer.body["nearest"] = json::array(names.begin(), names.end());
    return answer;
}

bool is_listed(const upstream::backend& wanted, const http::service& in)
{
    return std::ranges::any_of(in.pools, [&](const auto& pool) {
        return std::ranges::any_of(pool->backends(), [&](const auto& each) { return each.get() == &wanted; });
    });
}

// That serve and are not closed, in the pool of the backend.
std::size_t left_beside(const upstream::backend& of, const http::service& in)
{
    std::size_t left = 0;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& pool : in.pools) {
        if (pool->name() != of.pool_name()) continue;
        for (const auto& each : pool->backends())
            left += each->is_serving(now);
    }
    return left;
}

} // namespace

backend_wishes::standing& backend_wishes::obtain(backend_ptr backend)
{
    const auto found = std::ranges::find(standing_, backend, &standing::backend);
    return found != standing_.end() ? *found : standing_.emplace_back(standing{std::move(backend), {}, {}});
}

control_answer backend_wishes::change(const backend_request& asked, const http::service& current)
{
    const backend_ptr backend = find(asked, current);
    if (!backend) return refuse_unknown(asked, current);
    const note now{asked.by, std::chrono::system_clock::now()};
    control_answer answer;
    switch (asked.wish) {
    case backend_wish::restore: answer = restore(backend, asked.by); break;
    case backend_wish::eject:
        backend->set_withheld(true);
        obtain(backend).ejected = now;
        spdlog::info("backend {} is ejected by {}", name_of(*backend), asked.by);
        break;
    case backend_wish::weight:
        backend->set_wanted_weight(asked.weight);
        obtain(backend).weight = now;
        spdlog::info("backend {} has a weight of {} by {}", name_of(*backend), asked.weight, asked.by);
        break;
    }
    if (answer.status != 200) return answer;
    answer.body["backend"] = name_of(*backend);
    answer.body["weight"] = backend->weight();
    answer.body["configured_weight"] = backend->configured_weight();
    answer.body["ejected"] = backend->is_withheld();
    answer.body["left_in_pool"] = left_beside(*backend, current);
    return answer;
}

control_answer backend_wishes::restore(const backend_ptr& backend, const std::string& by)
{
    const auto found = std::ranges::find(standing_, backend, &standing::backend);
    if (found == standing_.end())
        return refuse(409, "backend '" + name_of(*backend) + "' is as it is configured");
    const bool was_ejected = found->ejected.has_value();
    backend->set_wanted_weight(0);
    if (was_ejected) backend->begin_slow_start(std::chrono::steady_clock::now()); // first: it is chosen then
    backend->set_withheld(false);
    standing_.erase(found);
    spdlog::info("backend {} is restored by {}", name_of(*backend), by);
    return {};
}

void backend_wishes::after_reload(const http::service& next)
{
    std::erase_if(standing_, [&](const standing& each) {
        if (is_listed(*each.backend, next)) return false;
        each.backend->set_wanted_weight(0);
        each.backend->set_withheld(false);
        spdlog::info("backend {} has left, and what an operator wanted of it is forgotten",
                     name_of(*each.backend));
        return true;
    });
}

json::object backend_wishes::describe(const standing& which)
{
    const auto told = [](const std::optional<note>& of) -> json::value {
        if (!of) return nullptr;
        return json::object{{"by", of->by}, {"since", log::utc_text(of->since)}};
    };
    return {{"ejected", told(which.ejected)}, {"weight", told(which.weight)}};
}

void backend_wishes::describe(json::object& answer) const
{
    for (json::value& each : answer.at("backends").as_array()) {
        json::object& one = each.as_object();
        const auto found = std::ranges::find_if(standing_, [&](const standing& is) {
            return one.at("pool").as_string() == is.backend->pool_name() &&
                   one.at("backend").as_string() == is.backend->address().text;
        });
        one["operator"] = found == standing_.end() ? json::value() : json::value(describe(*found));
    }
}

} // namespace fairlead::server
