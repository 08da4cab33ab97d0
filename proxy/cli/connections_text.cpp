#include "proxy/cli/connections_text.hpp"

#include "proxy/cli/json_members.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/text_table.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace fairlead::cli {
namespace {

// "12 s", "3 m", "5 h", "2 d": enough to see which are old.
std::string short_time(double seconds)
{
    struct unit
    {
        double length;
        const char* name;
    };
    constexpr std::array<unit, 3> units{{{86'400, " d"}, {3'600, " h"}, {60, " m"}}};
    for (const unit& each : units) {
        if (seconds >= 2 * each.length)
            return plan::grouped(static_cast<std::uint64_t>(seconds / each.length)) + each.name;
    }
    return plan::grouped(static_cast<std::uint64_t>(std::max(0.0, seconds))) + " s";
}

std::string short_bytes(std::uint64_t bytes)
{
    constexpr std::array<const char*, 5> names{" B", " KiB", " MiB", " GiB", " TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 9'999.5 && unit + 1 < names.size(); ++unit)
        value /= 1'024;
    return plan::grouped(static_cast<std::uint64_t>(std::llround(value))) + names[unit];
}

// By a ping, else by TCP.
std::string round_trip(const json::object& end)
{
    const std::uint64_t pinged = count(end, "round_trip_us");
    const std::uint64_t us = pinged != 0 ? pinged : count(end, "tcp_round_trip_us");
    if (us == 0) return {};
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.1f ms", static_cast<double>(us) / 1'000);
    return digits.data();
}

} // namespace

std::string connections_text(const json::object& answer)
{
    plan::text_table table({{"id"},
                            {"client"},
                            {"route"},
                            {"backend"},
                            {"age", true},
                            {"idle", true},
                            {"messages", true},
                            {"bytes", true},
                            {"rtt", true},
                            {""}});
    const json::object none;
    std::uint64_t listed = 0;
    for_each(answer, "connections", [&](const json::object& each) {
        const json::object* const client_end = member(each, "client");
        const json::object* const backend_end = member(each, "backend");
        const json::object& client = client_end != nullptr ? *client_end : none;
        const json::object& backend = backend_end != nullptr ? *backend_end : none;
        const std::string phase = text(each, "phase");
        table.add({text(each, "id"), text(client, "address"), text(each, "route"),
                   text(each, "pool") + "/" + text(backend, "address"), short_time(number(each, "age")),
                   short_time(number(each, "idle")),
                   plan::grouped(count(client, "messages") + count(backend, "messages")),
                   short_bytes(count(client, "bytes") + count(backend, "bytes")), round_trip(client),
                   phase == "open" ? std::string() : phase});
        ++listed;
    });
    const std::uint64_t matched = count(answer, "matched");
    if (listed == 0) return matched == 0 ? "no connection is open that fits\n" : "no more of them\n";
    const std::uint64_t first = count(answer, "offset") + 1;
    return table.text() + plan::grouped(first) + " to " + plan::grouped(first + listed - 1) + " of " +
           plan::grouped(matched) + "\n";
}

std::string closed_text(const json::object& answer)
{
    const std::uint64_t closed = count(answer, "closed");
    return plan::grouped(closed) + (closed == 1 ? " connection is" : " connections are") + " being closed\n";
}

} // namespace fairlead::cli
