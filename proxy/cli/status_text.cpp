#include "proxy/cli/status_text.hpp"

#include "proxy/cli/exit_codes.hpp"
#include "proxy/cli/json_members.hpp"
#include "proxy/cli/top_table.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/text_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::cli {
namespace {

constexpr std::size_t most_reloads = 3;

std::string coloured(const std::string& text, std::string_view code, bool with_colours)
{
    return with_colours ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::string age(double seconds) { return cell_text({"", seconds}, top_unit::seconds); }

std::string percent(double ratio)
{
    return plan::grouped(static_cast<std::uint64_t>(std::llround(100 * std::max(0.0, ratio)))) + " %";
}

std::string of_class(const json::object& of, std::string_view name)
{
    const json::object* const classes = member(of, "requests_by_class");
    return classes == nullptr ? "0" : plan::grouped(count(*classes, name));
}

// "no_route 3, origin 1", the most first.
std::string words(const json::object& of)
{
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& each : of)
        all.emplace_back(each.key(), count(of, std::string_view(each.key())));
    std::ranges::stable_sort(all, std::ranges::greater{}, &std::pair<std::string, std::uint64_t>::second);
    std::string out;
    for (const auto& [word, number] : all)
        out += (out.empty() ? "" : ", ") + word + " " + plan::grouped(number);
    return out;
}

// The objects of a section, and how many are left out.
struct chosen
{
    std::vector<const json::object*> rows;
    std::size_t left_out = 0;
};

chosen rows_of(const json::object& status, std::string_view section)
{
    chosen out;
    for_each(status, section, [&](const json::object& each) { out.rows.push_back(&each); });
    return out;
}

void keep(chosen& of, std::size_t most)
{
    if (of.rows.size() <= most) return;
    of.left_out = of.rows.size() - most;
    of.rows.resize(most);
}

// Those with the greatest `by` first.
chosen most_of(const json::object& status, std::string_view section, std::string_view by, std::size_t most)
{
    chosen out = rows_of(status, section);
    std::ranges::stable_sort(out.rows, std::ranges::greater{},
                             [by](const json::object* each) { return number(*each, by); });
    keep(out, most);
    return out;
}

// A title, a table and how many more there are; nothing of an empty section.
std::string section(std::string_view title, const chosen& of, std::vector<plan::text_table::column> columns,
                    const std::function<std::vector<std::string>(const json::object&)>& row)
{
    if (of.rows.empty()) return {};
    plan::text_table table(std::move(columns));
    for (const json::object* const each : of.rows)
        table.add(row(*each));
    std::string out = std::string(title) + "\n" + table.text();
    if (of.left_out != 0) out += "  and " + plan::grouped(of.left_out) + " more; --all has them\n";
    return out;
}

std::string totals_text(const json::object& status)
{
    std::string out;
    if (const json::object* const totals = member(status, "totals")) {
        out += plan::grouped(count(*totals, "tunnels_active")) + " tunnels open, " +
               plan::grouped(count(*totals, "tunnels_opened")) + " opened; " +
               plan::grouped(count(*totals, "requests")) + " requests, " + of_class(*totals, "5xx") +
               " failed\n";
        const json::object* const refusals = member(*totals, "refusals");
        if (refusals != nullptr && !refusals->empty()) out += "refused: " + words(*refusals) + "\n";
    }
    if (const json::object* const process = member(status, "process")) {
        const double limit = number(*process, "descriptors_limit");
        out += "memory " + plan::bytes_text(count(*process, "resident_bytes")) + ", descriptors " +
               plan::grouped(count(*process, "descriptors_open")) + " of " +
               plan::grouped(count(*process, "descriptors_limit")) + " (" +
               percent(limit > 0 ? number(*process, "descriptors_open") / limit : 0) + "), CPU " +
               age(number(*process, "cpu_seconds")) + "\n";
    }
    return out;
}

std::string routes_text(const json::object& status, std::size_t most)
{
    return section("routes", most_of(status, "routes", "tunnels_active", most),
                   {{"route"},
                    {"pool"},
                    {"tunnels", true},
                    {"live", true},
                    {"limit", true},
                    {"requests", true},
                    {"5xx", true},
                    {""}},
                   [](const json::object& each) -> std::vector<std::string> {
                       const std::uint64_t limit = count(each, "max_connections");
                       return {text(each, "route"),
                               text(each, "pool"),
                               plan::grouped(count(each, "tunnels_active")),
                               plan::grouped(count(each, "live")),
                               limit == 0 ? "" : plan::grouped(limit),
                               plan::grouped(count(each, "requests")),
                               of_class(each, "5xx"),
                               flag(each, "draining")     ? "draining"
                               : flag(each, "configured") ? ""
                                                          : "removed"};
                   });
}

std::string pools_text(const json::object& status, std::size_t most)
{
    return section("pools", most_of(status, "pools", "tunnels_active", most),
                   {{"pool"}, {"up", true}, {"tunnels", true}, {"requests", true}, {"waiting", true}, {""}},
                   [](const json::object& each) -> std::vector<std::string> {
                       return {text(each, "pool"),
                               plan::grouped(count(each, "up")) + " of " +
                                   plan::grouped(count(each, "backends")),
                               plan::grouped(count(each, "tunnels_active")),
                               plan::grouped(count(each, "requests")),
                               plan::grouped(count(each, "waiting")),
                               flag(each, "panics") ? "all are used, so few are up" : ""};
                   });
}

std::string backends_text_of(const json::object& status, std::size_t most)
{
    return section("backends", most_of(status, "backends", "tunnels_active", most),
                   {{"backend"}, {"state"}, {"tunnels", true}, {"active", true}, {""}},
                   [](const json::object& each) -> std::vector<std::string> {
                       return {text(each, "pool") + "/" + text(each, "backend"), text(each, "state"),
                               plan::grouped(count(each, "tunnels_active")),
                               plan::grouped(count(each, "active")), text(each, "reason")};
                   });
}

std::string bar(double ratio)
{
    constexpr std::size_t cells = 20;
    const auto full = static_cast<std::size_t>(std::llround(std::clamp(ratio, 0.0, 1.0) * cells));
    return "[" + std::string(full, '#') + std::string(cells - full, '.') + "]";
}

std::string sources_text(const json::object& status, std::size_t most)
{
    return section("source ports", most_of(status, "sources", "used_ratio", most),
                   {{"pool"}, {"destination"}, {""}, {"used", true}, {"of", true}, {""}},
                   [](const json::object& each) -> std::vector<std::string> {
                       const double ratio = number(each, "used_ratio");
                       return {text(each, "pool"),
                               text(each, "destination"),
                               bar(ratio),
                               percent(ratio),
                               plan::grouped(count(each, "capacity")),
                               each.contains("full_in_seconds")
                                   ? "full in " + age(number(each, "full_in_seconds"))
                                   : ""};
                   });
}

std::string drains_text(const json::object& status, std::size_t most)
{
    return section(
        "drains", most_of(status, "drains", "left", most),
        {{"what"}, {"state"}, {"left", true}, {"of", true}, {"seconds left", true}},
        [](const json::object& each) -> std::vector<std::string> {
            return {text(each, "kind") + " " + text(each, "name"), text(each, "state"),
                    plan::grouped(count(each, "left")), plan::grouped(count(each, "total")),
                    plan::grouped(static_cast<std::uint64_t>(std::ceil(number(each, "seconds_left"))))};
        });
}

std::string rebalancing_text(const json::object& status, std::size_t most)
{
    return section(
        "rebalancing", most_of(status, "rebalancing", "would_close", most),
        {{"pool"}, {"state"}, {"would close", true}},
        [](const json::object& each) -> std::vector<std::string> {
            return {text(each, "pool"), text(each, "state"), plan::grouped(count(each, "would_close"))};
        });
}

std::string reloads_text(const json::object& status)
{
    chosen latest = rows_of(status, "reloads");
    latest.rows.resize(std::min(latest.rows.size(), most_reloads));
    return section(
        "reloads", latest, {{"at"}, {"by"}, {"generation", true}, {""}},
        [](const json::object& each) -> std::vector<std::string> {
            const std::string error = text(each, "first_error");
            return {text(each, "at"), text(each, "by"), plan::grouped(count(each, "generation")),
                    flag(each, "ok") ? "taken" : "refused: " + (error.empty() ? text(each, "error") : error)};
        });
}

std::string certificates_text(const json::object& status, std::size_t most)
{
    chosen all = rows_of(status, "certificates");
    std::ranges::stable_sort(all.rows, std::ranges::less{},
                             [](const json::object* each) { return number(*each, "expires_in_seconds"); });
    keep(all, most);
    return section("certificates", all, {{"used by"}, {"certificate"}, {"expires in", true}, {""}},
                   [](const json::object& each) -> std::vector<std::string> {
                       return {text(each, "used_by"), text(each, "certificate"),
                               age(number(each, "expires_in_seconds")),
                               flag(each, "refused")           ? "the new file is refused"
                               : flag(each, "staple_left_out") ? "not stapled"
                                                               : ""};
                   });
}

} // namespace

std::string health_text(const json::object& status, status_style style)
{
    const int code = status_code(status);
    const char* const colour = code == EXIT_SUCCESS ? "32" : code == has_warnings ? "33" : "31";
    std::string out = coloured(text(status, "lifecycle"), colour, style.with_colours);
    if (const json::object* const process = member(status, "process"))
        out += ", up " + age(number(*process, "uptime_seconds"));
    out += ", version " + text(status, "version");
    if (const json::object* const in_force = member(status, "configuration")) {
        out += ", generation " + plan::grouped(count(*in_force, "generation"));
        if (!flag(*in_force, "last_reload_ok")) out += "; the last reload was refused";
    }
    out += "\n";
    if (const json::value* const warnings = status.if_contains("warnings"); warnings && warnings->is_array())
    {
        for (const json::value& each : warnings->as_array()) {
            if (each.is_string())
                out += coloured("! " + std::string(each.as_string()), "33", style.with_colours) + "\n";
        }
    }
    return out;
}

std::string status_text(const json::object& status, status_style style)
{
    std::string out = health_text(status, style) + totals_text(status);
    const std::size_t most = style.most_rows;
    for (const std::string& each :
         {routes_text(status, most), pools_text(status, most), backends_text_of(status, most),
          sources_text(status, most), drains_text(status, most), rebalancing_text(status, most),
          reloads_text(status), certificates_text(status, most)})
    {
        if (!each.empty()) out += "\n" + each;
    }
    return out;
}

int status_code(const json::object& status)
{
    const std::string lifecycle = text(status, "lifecycle");
    if (lifecycle == "draining") return is_draining;
    if (lifecycle != "ready") return not_ready;
    const json::value* const warnings = status.if_contains("warnings");
    return warnings != nullptr && warnings->is_array() && !warnings->as_array().empty() ? has_warnings
                                                                                        : EXIT_SUCCESS;
}

} // namespace fairlead::cli
