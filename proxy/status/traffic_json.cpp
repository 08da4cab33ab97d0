#include "proxy/status/traffic_json.hpp"

#include <boost/json/array.hpp>

#include <string_view>

namespace fairlead::status {
namespace {

namespace json = boost::json;

json::string_view word(std::string_view text) { return {text.data(), text.size()}; }

template <class Key>
json::object in_all(const metrics::by<Key, total>& from)
{
    json::object out;
    for (const Key key : metrics::by<Key, total>::keys())
        out[word(label(key))] = from[key];
    return out;
}

template <class Key>
json::object those_that_happened(const metrics::by<Key, total>& from)
{
    json::object out;
    for (const Key key : metrics::by<Key, total>::keys()) {
        if (from[key] != 0) out[word(label(key))] = from[key];
    }
    return out;
}

template <class Outer, class Inner>
json::object those_that_happened(const metrics::by<Outer, metrics::by<Inner, total>>& from)
{
    json::object out;
    for (const Outer key : metrics::by<Outer, total>::keys()) {
        json::object inner = those_that_happened(from[key]);
        if (!inner.empty()) out[word(label(key))] = std::move(inner);
    }
    return out;
}

template <class Bounds>
void put(json::object& into, std::string_view name, const histogram_total<Bounds>& from)
{
    json::array cumulative;
    total count = 0;
    for (const total bucket : from.buckets) {
        count += bucket;
        cumulative.emplace_back(count);
    }
    if (count == 0) return;
    into[word(name)] = json::object{{"count", count},
                                    {"sum", static_cast<double>(from.sum_us) / 1e6},
                                    {"cumulative", std::move(cumulative)}};
}

template <class Bounds>
json::array bounds_of()
{
    json::array out;
    for (const auto bound : Bounds::bounds)
        out.emplace_back(static_cast<double>(bound.count()) / 1e9);
    return out;
}

} // namespace

void put(json::object& into, const tunnel_total& from)
{
    into["tunnels_active"] = from.active();
    into["tunnels_opened"] = from.opened;
    into["tunnels_closed"] = from.closed_in_all();
    into["closed_by"] = those_that_happened(from.closed);
    into["close_codes"] = those_that_happened(from.close_codes);
    into["messages"] = in_all(from.messages);
    into["bytes"] = in_all(from.bytes);
    put(into, "handshake_seconds", from.handshake);
    put(into, "lifetime_seconds", from.lifetime);
}

void put(json::object& into, const request_total& from)
{
    total sum = 0;
    for (const auto answer : metrics::by<metrics::status_class, total>::keys())
        sum += from.requests[answer];
    into["requests"] = sum;
    into["requests_by_class"] = those_that_happened(from.requests);
    into["body_bytes"] = in_all(from.bytes);
    put(into, "request_seconds", from.latency);
}

void put(json::object& into, const dial_total& from)
{
    into["dials"] = from.dials;
    into["reused"] = from.reused;
    into["dial_failures"] = those_that_happened(from.failures);
}

json::object describe(const metrics::by<metrics::refusal, total>& refusals)
{
    return those_that_happened(refusals);
}

json::object describe_bounds()
{
    return {{"handshake_seconds", bounds_of<metrics::handshake_bounds>()},
            {"lifetime_seconds", bounds_of<metrics::lifetime_bounds>()},
            {"request_seconds", bounds_of<metrics::latency_bounds>()}};
}

} // namespace fairlead::status
