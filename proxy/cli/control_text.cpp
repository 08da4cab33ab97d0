#include "proxy/cli/control_text.hpp"

#include "proxy/cli/json_members.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/text_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace fairlead::cli {
namespace {

namespace json = boost::json;

std::string decimal(double value)
{
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.1f", value);
    return digits.data();
}

std::string tunnels(std::uint64_t number)
{
    return plan::grouped(number) + (number == 1 ? " tunnel" : " tunnels");
}

std::string key_text(const json::object& key)
{
    std::string out = text(key, "key");
    if (key.contains("before"))
        out += ": " + text(key, "before") + " -> " + text(key, "after");
    else
        out += " changed";
    return out + (flag(key, "needs_restart") ? " (needs a restart)" : "");
}

char sign_of(std::string_view change) { return change == "added" ? '+' : change == "removed" ? '-' : '~'; }

std::string item_text(std::string_view kind, const json::object& item)
{
    const std::string pool = text(item, "pool");
    std::string out{sign_of(text(item, "change"))};
    out += " " + std::string(kind) + " " + (pool.empty() ? "" : pool + "/") + text(item, "name");
    std::string effect;
    if (const auto leaving = count(item, "tunnels_leaving")) effect = tunnels(leaving) + " leave";
    if (const auto adjusted = count(item, "tunnels_adjusted"))
        effect += (effect.empty() ? "" : ", ") + tunnels(adjusted) + " adjusted";
    if (!effect.empty()) out += "   (" + effect + ")";
    out += "\n";
    for_each(item, "keys", [&](const json::object& key) { out += "    " + key_text(key) + "\n"; });
    return out;
}

std::string drain_name(const json::object& drain) { return text(drain, "kind") + " " + text(drain, "name"); }

std::string drain_rest(const json::object& drain)
{
    const std::string open = plan::grouped(count(drain, "open")) + " open";
    if (text(drain, "state") == "drained") return "drained";
    if (text(drain, "state") == "closing") return "all told, " + open;
    return plan::grouped(count(drain, "left")) + " of " + tunnels(count(drain, "total")) + " left, " +
           std::to_string(static_cast<long>(std::ceil(number(drain, "seconds_left")))) + " s, " + open;
}

} // namespace

std::string reload_text(const json::object& answer)
{
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kinds{
        {{"listeners", "listener"}, {"pools", "pool"}, {"backends", "backend"}, {"routes", "route"}}};
    std::string out;
    const json::value* const changes = answer.if_contains("changes");
    if (changes != nullptr && changes->is_object()) {
        const json::object& of = changes->as_object();
        for (const auto& [member, kind] : kinds) {
            for_each(of, member,
                     [&, word = kind](const json::object& item) { out += item_text(word, item); });
            if (const auto more = count(of, std::string(member) + "_not_listed"))
                out += "  and " + plan::grouped(more) + " more " + std::string(member) + "\n";
        }
        for_each(of, "settings", [&](const json::object& key) { out += "~ " + key_text(key) + "\n"; });
    }
    const bool is_dry = flag(answer, "dry_run");
    if (out.empty()) out = is_dry ? "nothing would change\n" : "nothing changed\n";
    out += tunnels(count(answer, "tunnels_leaving")) + (is_dry ? " would leave, " : " leave, ") +
           plan::grouped(count(answer, "tunnels_adjusted")) +
           (is_dry ? " would be adjusted\n" : " adjusted\n");
    std::string waiting;
    for_each(answer, "needs_restart",
             [&](const json::object& key) { waiting += (waiting.empty() ? "" : ", ") + text(key, "key"); });
    if (!waiting.empty()) out += "in force after a restart only: " + waiting + "\n";
    return out;
}

std::string refusal_text(const json::object& answer)
{
    std::string out;
    for_each(answer, "errors", [&](const json::object& error) { out += text(error, "text") + "\n"; });
    out += text(answer, "error") + "\n";
    const json::value* const nearest = answer.if_contains("nearest");
    if (nearest != nullptr && nearest->is_array() && !nearest->as_array().empty()) {
        out += "the nearest are:\n";
        for (const json::value& each : nearest->as_array()) {
            if (each.is_string()) out += "  " + std::string(each.as_string()) + "\n";
        }
    }
    return out;
}

std::string drain_line(const json::object& drain) { return drain_name(drain) + ": " + drain_rest(drain); }

double drain_part(const json::object& drain)
{
    const double total = number(drain, "total");
    return total > 0 ? 1 - std::min(1.0, number(drain, "left") / total) : 1;
}

std::string rebalance_line(const json::object& pool)
{
    return "pool " + text(pool, "pool") + ": " + text(pool, "state") + "; " +
           tunnels(count(pool, "would_close")) + " to close, " + plan::grouped(count(pool, "on_the_way")) +
           " on their way";
}

std::string rebalance_text(const json::object& answer)
{
    std::string out;
    for_each(answer, "pools", [&](const json::object& pool) {
        if (flag(pool, "by_value")) {
            out += "pool " + text(pool, "pool") + ": " + text(pool, "state") +
                   "; tunnels belong where their values lead";
            if (pool.contains("would_close"))
                out += ", " + tunnels(count(pool, "would_close")) + " still to be led home";
            out += "\n";
            return;
        }
        out += "pool " + text(pool, "pool") + ": " + text(pool, "state") + "; the fullest is " +
               decimal(number(pool, "above_share_percent")) + " % above its share, " +
               plan::grouped(count(pool, "threshold_percent")) + " % are allowed\n";
        plan::text_table table(
            {{"backend"}, {"weight", true}, {"tunnels", true}, {"share", true}, {"would close", true}, {""}});
        for_each(pool, "backends", [&](const json::object& backend) {
            const bool takes_new = flag(backend, "takes_new");
            table.add({text(backend, "backend"), plan::grouped(count(backend, "weight")),
                       plan::grouped(count(backend, "tunnels")), decimal(number(backend, "share")),
                       plan::grouped(count(backend, "would_close")), takes_new ? "" : "takes nothing new"});
        });
        out += table.text();
        const double rate = number(pool, "per_second");
        const auto to_close = count(pool, "would_close");
        out += "would close " + tunnels(to_close);
        if (to_close > 0 && rate > 0)
            out += ", in " +
                   plan::grouped(static_cast<std::uint64_t>(std::ceil(number(pool, "would_close") / rate))) +
                   " s at " + decimal(rate) + " a second, and as many again as come back to full ones";
        out += "; " + plan::grouped(count(pool, "on_the_way")) + " are on their way\n";
    });
    return out.empty() ? "no pool has `rebalance`\n" : out;
}

namespace {

// What an operator wants of it; empty: nothing.
std::string wishes_for(const json::object& backend)
{
    std::string out;
    const json::value* const wanted = backend.if_contains("operator");
    if (wanted == nullptr || !wanted->is_object()) return out;
    for (const char* const what : {"ejected", "weight"}) {
        const json::value* const note = wanted->as_object().if_contains(what);
        if (note == nullptr || !note->is_object()) continue;
        const bool is_weight = std::string_view(what) == "weight";
        out += out.empty() ? "" : "; ";
        out += is_weight
                   ? "configured weight " + plan::grouped(count(backend, "configured_weight")) + ", changed"
                   : "ejected";
        out += " by " + text(note->as_object(), "by") + " at " + text(note->as_object(), "since");
    }
    return out;
}

} // namespace

std::string changed_backend_text(const json::object& answer)
{
    const std::uint64_t left = count(answer, "left_in_pool");
    std::string out =
        text(answer, "backend") + ": weight " + plan::grouped(count(answer, "weight")) +
        (flag(answer, "ejected") ? ", ejected: it keeps what it has and gets nothing new\n" : "\n");
    out +=
        plan::grouped(left) + (left == 1 ? " backend of its pool serves\n" : " backends of its pool serve\n");
    return out;
}

std::string backends_text(const json::object& answer, std::string_view pool)
{
    std::string out;
    for_each(answer, "pools", [&](const json::object& of) {
        const std::string name = text(of, "pool");
        if (!pool.empty() && name != pool) return;
        const std::string_view use = flag(of, "panics") ? "; all are used" : "";
        out += "pool " + name + ": " + plan::grouped(count(of, "up")) + " of " +
               plan::grouped(count(of, "backends")) + " up" + std::string(use) + "\n";
        plan::text_table table({{"backend"},
                                {"state"},
                                {"weight", true},
                                {"tunnels", true},
                                {"active", true},
                                {"from"},
                                {"since"},
                                {""}});
        std::string wishes; // too long for a column
        for_each(answer, "backends", [&](const json::object& backend) {
            if (text(backend, "pool") != name) return;
            if (const std::string wished = wishes_for(backend); !wished.empty())
                wishes += "  " + text(backend, "backend") + ": " + wished + "\n";
            const double weight = number(backend, "weight");
            const double reached = number(backend, "effective_weight");
            const std::string whole = plan::grouped(count(backend, "weight"));
            table.add({text(backend, "backend"), text(backend, "state"),
                       reached < weight ? decimal(reached) + " of " + whole : whole,
                       plan::grouped(count(backend, "tunnels")), plan::grouped(count(backend, "active")),
                       text(backend, "origin"), text(backend, "since"), text(backend, "reason")});
        });
        out += table.text() + wishes;
    });
    return out;
}

} // namespace fairlead::cli
