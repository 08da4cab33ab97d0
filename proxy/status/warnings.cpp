#include "proxy/status/warnings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace fairlead::status {
namespace {

using sentences = std::vector<std::string>;

std::string per_cent(double ratio) { return std::to_string(std::lround(std::floor(ratio * 100))) + " %"; }

std::string about(std::chrono::seconds time)
{
    const auto text = [](std::int64_t count, const char* unit) {
        return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
    };
    const std::int64_t s = time.count();
    if (s < 120) return text(s, "second");
    if (s < 2 * 3'600) return text(s / 60, "minute");
    if (s < 2 * 86'400) return text(s / 3'600, "hour");
    return text(s / 86'400, "day");
}

void warn_of_sources(sentences& out, const std::vector<destination_fill>& fills)
{
    for (const destination_fill& each : fills) {
        const std::string where = "the ports of pool " + each.pool + " to " + each.destination;
        if (each.capacity != 0 && each.used() >= each.capacity)
            out.push_back(where + " are used up: new connections to it are refused");
        else if (each.ratio() > nearly_full)
            out.push_back(where + " are used to " + per_cent(each.ratio()) +
                          (each.full_in ? ", and as it goes all in " + about(*each.full_in) : ""));
        else if (each.full_in && *each.full_in < fills_soon)
            out.push_back(where + " will be used up in " + about(*each.full_in) + " as it goes");
    }
}

void warn_of_process(sentences& out, const warning_facts& facts)
{
    const auto& open = facts.process.open_fds;
    const auto& most = facts.process.max_fds;
    if (open && most && *most != 0) {
        const double ratio = static_cast<double>(*open) / static_cast<double>(*most);
        if (ratio > nearly_full)
            out.push_back(per_cent(ratio) + " of the descriptors are open: " + std::to_string(*open) +
                          " of " + std::to_string(*most));
    }
    if (facts.memory.limit != 0) {
        const std::uint64_t used = facts.memory.total();
        const double ratio = static_cast<double>(used) / static_cast<double>(facts.memory.limit);
        if (ratio > memory_nearly_full)
            out.push_back("connections hold " + per_cent(ratio) + " of memory_limit: " +
                          std::to_string(used) + " of " + std::to_string(facts.memory.limit) + " bytes");
    }
    if (!facts.life.last_reload_ok)
        out.emplace_back("the last configuration was refused; the one before is in force");
    if (facts.reconciliation.unknown != 0)
        out.push_back(std::to_string(facts.reconciliation.unknown) +
                      " connections are counted that the kernel does not know: a defect of the proxy");
}

void warn_of_pools(sentences& out, const warning_facts& facts)
{
    for (const pool_strength& each : facts.pools) {
        if (each.backends != 0 && each.up == 0)
            out.push_back("no backend of pool " + each.pool + " is up");
        else if (each.panics)
            out.push_back("only " + std::to_string(each.up) + " of " + std::to_string(each.backends) +
                          " backends of pool " + each.pool + " are up: all are used");
    }
}

void warn_of_backends(sentences& out, const std::vector<missing_backend>& missing)
{
    for (const missing_backend& each : missing)
        out.push_back("backend " + each.backend + " of pool " + each.pool + " is " + each.state +
                      (each.reason.empty() ? "" : ": " + each.reason));
}

void warn_of_routes(sentences& out, const std::vector<metrics::route_load>& routes)
{
    for (const metrics::route_load& each : routes) {
        if (each.most == 0) continue;
        const double ratio = static_cast<double>(each.live) / static_cast<double>(each.most);
        if (ratio > route_nearly_full)
            out.push_back("route " + each.route + " has " + per_cent(ratio) + " of its max_connections");
    }
}

void warn_of_certificates(sentences& out, const std::vector<metrics::certificate_state>& certificates,
                          std::chrono::system_clock::time_point now)
{
    for (const metrics::certificate_state& each : certificates) {
        const std::string which = each.certificate + " of " + each.used_by;
        const auto left = std::chrono::floor<std::chrono::seconds>(each.not_after - now);
        if (left.count() <= 0)
            out.push_back(which + " has expired");
        else if (left < expires_soon)
            out.push_back(which + " expires in " + about(left));
        if (each.is_refused) out.push_back(which + " is bad; the one before is still in force");
        if (each.is_staple_left_out) out.push_back("the OCSP response of " + which + " is not stapled");
    }
}

} // namespace

sentences warnings_of(const warning_facts& facts, std::chrono::system_clock::time_point now)
{
    sentences out;
    if (facts.life.draining) out.emplace_back("this process is shutting down: it takes no new connections");
    warn_of_pools(out, facts);
    warn_of_sources(out, facts.fills);
    warn_of_process(out, facts);
    warn_of_certificates(out, facts.certificates, now);
    warn_of_routes(out, facts.routes);
    warn_of_backends(out, facts.missing);
    if (out.size() <= most_warnings) return out;
    const std::size_t more = out.size() - most_warnings + 1;
    out.resize(most_warnings - 1);
    out.push_back("and " + std::to_string(more) + " more");
    return out;
}

} // namespace fairlead::status
