#include "proxy/cli/top_figures.hpp"

#include "proxy/cli/json_members.hpp"
#include "proxy/plan/number_text.hpp"

#include <algorithm>
#include <unordered_map>

namespace fairlead::cli {
namespace {

double both_ways(const json::object& of, std::string_view name)
{
    const json::object* const found = member(of, name);
    return found == nullptr ? 0 : number(*found, "to_backend") + number(*found, "to_client");
}

double sum_of(const json::object& of, std::string_view name)
{
    double out = 0;
    if (const json::object* const found = member(of, name)) {
        for (const auto& each : *found)
            out += each.value().is_number() ? each.value().to_number<double>() : 0;
    }
    return out;
}

// A route, a backend or all of them.
top_counts read_counts(const json::object& of)
{
    top_counts out;
    out.tunnels = number(of, "tunnels_active");
    out.opened = number(of, "tunnels_opened");
    out.messages = both_ways(of, "messages");
    out.bytes = both_ways(of, "bytes");
    if (const json::object* const classes = member(of, "requests_by_class")) {
        out.requests = number(of, "requests") - number(*classes, "1xx"); // those are upgrades
        out.failed = number(*classes, "5xx");
    }
    out.active = number(of, "active");
    out.state = text(of, "state");
    return out;
}

void read_process(const json::object& of, top_figures& out)
{
    out.cpu_s = number(of, "cpu_seconds");
    out.memory_bytes = number(of, "resident_bytes");
    out.descriptors = number(of, "descriptors_open");
    out.descriptor_limit = number(of, "descriptors_limit");
}

double rate(double before, double now, double seconds)
{
    return seconds > 0 && now > before ? (now - before) / seconds : 0;
}

top_counts counts_of(const std::map<std::string, top_counts>& in, const std::string& name)
{
    const auto found = in.find(name);
    return found == in.end() ? top_counts{} : found->second;
}

// Those of a name that was not there before begin at 0, except in the first reading, which tells no rates.
struct rates
{
    double seconds;

    std::vector<top_cell> tunnels(const top_counts& before, const top_counts& now) const
    {
        return {{"", now.tunnels},
                {"", rate(before.opened, now.opened, seconds)},
                {"", rate(before.messages, now.messages, seconds)},
                {"", rate(before.bytes, now.bytes, seconds)}};
    }
};

const std::vector<top_column> tunnel_columns{{"tunnels", top_unit::count},
                                             {"opened/s", top_unit::rate},
                                             {"messages/s", top_unit::rate},
                                             {"bytes/s", top_unit::bytes_rate}};

struct moved
{
    double messages = 0;
    double bytes = 0;
};

moved moved_through(const json::object& connection)
{
    moved out;
    for (const char* const side : {"client", "backend"}) {
        if (const json::object* const end = member(connection, side)) {
            out.messages += number(*end, "messages");
            out.bytes += number(*end, "bytes");
        }
    }
    return out;
}

std::string address(const json::object& connection, std::string_view side)
{
    const json::object* const end = member(connection, side);
    return end == nullptr ? std::string() : text(*end, "address");
}

double round_trip_ms(const json::object& connection)
{
    const json::object* const end = member(connection, "client");
    if (end == nullptr) return 0;
    const double pinged = number(*end, "round_trip_us");
    return (pinged != 0 ? pinged : number(*end, "tcp_round_trip_us")) / 1'000;
}

} // namespace

top_figures read_figures(const json::object& status, double at_s)
{
    top_figures out;
    out.at_s = at_s;
    out.version = text(status, "version");
    out.lifecycle = text(status, "lifecycle");
    if (const json::object* const in_force = member(status, "configuration"))
        out.generation = number(*in_force, "generation");
    if (const json::object* const process = member(status, "process")) read_process(*process, out);
    if (const json::object* const totals = member(status, "totals")) {
        out.all = read_counts(*totals);
        out.refused = sum_of(*totals, "refusals");
    }
    for_each(status, "routes",
             [&](const json::object& each) { out.routes[text(each, "route")] = read_counts(each); });
    for_each(status, "backends", [&](const json::object& each) {
        out.backends[text(each, "pool") + "/" + text(each, "backend")] = read_counts(each);
    });
    for_each(status, "sources", [&](const json::object& each) {
        out.fullest_source = std::max(out.fullest_source, number(each, "used_ratio"));
    });
    return out;
}

top_table route_rows(const top_figures& before, const top_figures& now)
{
    top_table out{"routes", {{"route", top_unit::text}}, {}};
    out.columns.insert(out.columns.end(), tunnel_columns.begin(), tunnel_columns.end());
    out.columns.push_back({"requests/s", top_unit::rate});
    out.columns.push_back({"5xx/s", top_unit::rate});
    const rates since{now.at_s - before.at_s};
    for (const auto& [name, counts] : now.routes) {
        const top_counts earlier = counts_of(before.routes, name);
        auto row = since.tunnels(earlier, counts);
        row.insert(row.begin(), {name, 0});
        row.push_back({"", rate(earlier.requests, counts.requests, since.seconds)});
        row.push_back({"", rate(earlier.failed, counts.failed, since.seconds)});
        out.rows.push_back(std::move(row));
    }
    return out;
}

top_table backend_rows(const top_figures& before, const top_figures& now)
{
    top_table out{"backends", {{"backend", top_unit::text}, {"state", top_unit::text}}, {}};
    out.columns.insert(out.columns.end(), tunnel_columns.begin(), tunnel_columns.end());
    out.columns.push_back({"active", top_unit::count});
    const rates since{now.at_s - before.at_s};
    for (const auto& [name, counts] : now.backends) {
        auto row = since.tunnels(counts_of(before.backends, name), counts);
        row.insert(row.begin(), {{name, 0}, {counts.state, 0}});
        row.push_back({"", counts.active});
        out.rows.push_back(std::move(row));
    }
    return out;
}

top_table connection_rows(const top_figures& before, const top_figures& now)
{
    top_table out{"connections",
                  {{"client", top_unit::text},
                   {"route", top_unit::text},
                   {"backend", top_unit::text},
                   {"age", top_unit::seconds},
                   {"idle", top_unit::seconds},
                   {"messages/s", top_unit::rate},
                   {"bytes/s", top_unit::bytes_rate},
                   {"rtt ms", top_unit::milliseconds},
                   {"id", top_unit::text}},
                  {}};
    std::unordered_map<std::string, moved> earlier;
    for_each(before.connections, "connections",
             [&](const json::object& each) { earlier[text(each, "id")] = moved_through(each); });
    const double seconds = now.at_s - before.at_s;
    for_each(now.connections, "connections", [&](const json::object& each) {
        const std::string id = text(each, "id");
        const moved through = moved_through(each);
        const auto found = earlier.find(id);
        const moved since = found == earlier.end() ? through : found->second;
        out.rows.push_back({{address(each, "client"), 0},
                            {text(each, "route"), 0},
                            {text(each, "pool") + "/" + address(each, "backend"), 0},
                            {"", number(each, "age")},
                            {"", number(each, "idle")},
                            {"", rate(since.messages, through.messages, seconds)},
                            {"", rate(since.bytes, through.bytes, seconds)},
                            {"", round_trip_ms(each)},
                            {id, 0}});
    });
    return out;
}

std::string title_line(const top_figures& now, std::string_view admin)
{
    return "fairlead " + now.version + " at " + std::string(admin) + ": " + now.lifecycle + ", generation " +
           cell_text({"", now.generation}, top_unit::count);
}

std::string total_line(const top_figures& before, const top_figures& now)
{
    const double seconds = now.at_s - before.at_s;
    const auto told = [&](double earlier, double later, top_unit unit = top_unit::rate) {
        return cell_text({"", rate(earlier, later, seconds)}, unit);
    };
    const auto percent = [](double share) { return cell_text({"", 100 * share}, top_unit::rate) + " %"; };
    const double descriptors = now.descriptor_limit > 0 ? now.descriptors / now.descriptor_limit : 0;
    return cell_text({"", now.all.tunnels}, top_unit::count) + " tunnels, " +
           told(before.all.messages, now.all.messages) + " messages/s, " +
           told(before.all.bytes, now.all.bytes, top_unit::bytes_rate) + "/s, " +
           told(before.all.requests, now.all.requests) + " requests/s, " + told(before.refused, now.refused) +
           " refused/s; CPU " + percent(rate(before.cpu_s, now.cpu_s, seconds)) + ", memory " +
           plan::bytes_text(static_cast<std::uint64_t>(now.memory_bytes)) + ", descriptors " +
           percent(descriptors) + ", fullest source " + percent(now.fullest_source);
}

} // namespace fairlead::cli
