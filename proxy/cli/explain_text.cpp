#include "proxy/cli/explain_text.hpp"

#include "proxy/cli/json_members.hpp"
#include "proxy/plan/number_text.hpp"
#include "proxy/plan/text_table.hpp"

#include <string_view>

namespace fairlead::cli {
namespace {

std::string line(std::string_view name, const std::string& value)
{
    std::string out(name);
    out.resize(std::max<std::size_t>(out.size() + 1, 10), ' ');
    return out + value + "\n";
}

std::string listener_text(const json::object& told)
{
    const json::object* const listener = member(told, "listener");
    if (listener == nullptr) return line("listener", "none: " + text(told, "note"));
    return line("listener", text(*listener, "address") + (flag(*listener, "tls") ? ", TLS" : ""));
}

std::string conditions_text(const json::object& route)
{
    std::string out;
    for_each(route, "conditions",
             [&](const json::object& each) { out += line("", "  " + text(each, "condition")); });
    return out.empty() ? line("", "  it takes any request") : out;
}

std::string route_text(const json::object& told)
{
    const json::object* const route = member(told, "route");
    if (route == nullptr) return "";
    return line("route", text(*route, "name") + "   " + text(*route, "where") +
                             (flag(*route, "draining") ? ", draining: new requests get 503" : "")) +
           conditions_text(*route);
}

std::string gate_word(const json::object& gate)
{
    const json::value* const passes = gate.if_contains("passes");
    if (passes == nullptr || !passes->is_bool()) return "asked";
    return passes->as_bool() ? "passes" : "refused";
}

std::string gates_text(const json::object& told)
{
    std::string out;
    for_each(told, "gates", [&](const json::object& each) {
        out += line(out.empty() ? "gates" : "",
                    text(each, "gate") + " " + gate_word(each) + ": " + text(each, "text"));
    });
    return out;
}

std::string answer_text(const json::object& told)
{
    const json::object* const answer = member(told, "answer");
    if (answer == nullptr) return "";
    const std::string location = text(*answer, "location");
    return line("answer", std::to_string(count(*answer, "status")) + " by the proxy itself" +
                              (location.empty() ? "" : ", to " + location));
}

std::string head_text(const json::object& forward)
{
    std::string out;
    const json::value* const lines = forward.if_contains("head");
    if (lines == nullptr || !lines->is_array()) return out;
    for (const json::value& each : lines->as_array())
        out += line(out.empty() ? "sends" : "", std::string(each.as_string()));
    return out;
}

std::string backends_of(const json::object& forward)
{
    plan::text_table table({{"backend"}, {"state"}, {"weight", true}, {"active", true}, {""}});
    for_each(forward, "backends", [&](const json::object& each) {
        const bool is_known = each.contains("may_be_chosen");
        table.add({text(each, "backend"), is_known ? text(each, "state") : "not known",
                   plan::grouped(count(each, "weight")), is_known ? plan::grouped(count(each, "active")) : "",
                   is_known && !flag(each, "may_be_chosen") ? "is not chosen now" : ""});
    });
    return table.text();
}

std::string forward_text(const json::object& told)
{
    const json::object* const forward = member(told, "forward");
    if (forward == nullptr) return "";
    std::string out = line("pool", text(*forward, "pool") + ", " + text(*forward, "balance"));
    if (const json::object* const sticky = member(*forward, "sticky")) {
        const std::string backend = text(*sticky, "backend");
        out += line("sticky", "by " + text(*sticky, "by") +
                                  (backend.empty() ? ": it carries none" : ": it goes to " + backend));
    }
    return out + head_text(*forward) + backends_of(*forward);
}

std::string others_text(const json::object& told)
{
    std::string out;
    for_each(told, "others", [&](const json::object& each) {
        if (out.empty()) out = "\nother routes\n";
        out += "  " + text(each, "name") + "   " + text(each, "where") + "\n";
        if (flag(each, "holds")) {
            out += "      matches too; the one above is asked first: " + text(each, "behind") + "\n";
            return;
        }
        for_each(each, "failed", [&](const json::object& failed) {
            const std::string seen = text(failed, "seen");
            out += "      not so: " + text(failed, "condition") + "; the request has " +
                   (seen.empty() ? "none" : seen) + "\n";
        });
    });
    return out;
}

} // namespace

std::string explain_text(const json::object& told)
{
    std::string out =
        listener_text(told) + route_text(told) + gates_text(told) + answer_text(told) + forward_text(told);
    if (const json::object* const refused = member(told, "refused"))
        out += line("refused", std::to_string(count(*refused, "status")) + ": " + text(*refused, "reason"));
    return out + others_text(told);
}

} // namespace fairlead::cli
