#include "proxy/cli/check.hpp"

#include "proxy/cli/check_report.hpp"
#include "proxy/cli/hijack_warnings.hpp"
#include "proxy/cli/read_checked.hpp"
#include "proxy/discovery/file_members.hpp"
#include "proxy/http/service.hpp"
#include "proxy/plan/route_check.hpp"
#include "proxy/server/admin_server.hpp"

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::cli {
namespace {

std::vector<std::string> warnings_about_tls(const http::service& built)
{
    std::vector<std::string> out;
    const auto add = [&](const std::vector<std::string>& more) {
        out.insert(out.end(), more.begin(), more.end());
    };
    for (const auto& each : built.listener_tls) {
        if (each) add(each->warnings());
    }
    for (const auto& pool : built.pools) {
        if (pool->tls() != nullptr) add(pool->tls()->warnings());
    }
    if (!built.config.tls.key_log.empty())
        out.emplace_back("tls.key_log is set: it makes all connections readable");
    return out;
}

// A file may come later than the configuration, and names are for those who run: neither is an error here.
std::vector<std::string> warnings_about_members(const conf::config& config)
{
    std::vector<std::string> out;
    for (const conf::pool_options& pool : config.pools) {
        if (!pool.discover || pool.discover->from != conf::member_origin::file) continue;
        const auto found = discovery::read_members_file(pool.discover->file, pool.discover->max_members);
        if (found.failure)
            out.push_back("pool." + pool.name + ".discover: " + pool.discover->file + ": " + found.problem);
    }
    return out;
}

void add(std::vector<std::string>& out, const std::vector<std::string>& more)
{
    out.insert(out.end(), more.begin(), more.end());
}

// What only the proxy can judge, such as the regexes of routes together.
void judge_as_the_proxy(const conf::config& config, check_report& report)
{
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    try {
        (void)server::load_admin_certificates(config);
        add(report.warnings,
            warnings_about_tls(*http::service::build(config, {backends, ledger, routes}, 1)));
    } catch (const std::runtime_error& problems) {
        report.problem = problems.what();
    }
}

std::vector<std::pair<std::string_view, std::size_t>> counts_of(const conf::config& config)
{
    std::size_t backends = 0;
    for (const auto& pool : config.pools)
        backends += pool.backends.size();
    return {{"listeners", config.listeners.size()},
            {"routes", config.routes.size()},
            {"pools", config.pools.size()},
            {"backends", backends}};
}

} // namespace

int check(const std::string& config_file, bool as_json)
{
    const auto host = read_host_facts();
    conf::read_result read = conf::read_config(config_file, host);
    if (!read.ok()) return tell({config_file, std::move(read.errors), {}, {}, {}}, as_json);
    check_report report{config_file, {}, {}, {}, {}};
    judge_as_the_proxy(read.value, report);
    if (!report.ok()) return tell(report, as_json);
    add(report.warnings, server::warnings_about_admin(read.value));
    add(report.warnings, warnings_about_members(read.value));
    add(report.warnings, warnings_about_hijacking(read.value));
    auto verdict = plan::check_routes(read.value, host);
    report.errors = std::move(verdict.errors);
    add(report.warnings, verdict.warnings);
    if (report.ok()) report.counts = counts_of(read.value);
    return tell(report, as_json);
}

} // namespace fairlead::cli
