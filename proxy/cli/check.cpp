#include "proxy/cli/check.hpp"

#include "proxy/cli/check_report.hpp"
#include "proxy/cli/hijack_warnings.hpp"
#include "proxy/cli/identity.hpp"
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

#include <unistd.h>

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

// As the user that the process would be, where this one can become it: what that user cannot read is an error
// here, as it is at the start.
conf::read_result read_as_it_will_be(const std::string& file, const conf::host_facts& host,
                                     check_report& report)
{
    const auto source = [&] { return conf::read_config(file, host); };
    identified_config found{source(), ""};
    report.errors = found.read.errors;
    if (!report.ok() || found.read.value.process.user.empty()) return std::move(found.read);
    try {
        const auto wanted = server::find_account(found.read.value.process);
        if (wanted->uid != ::geteuid() && !server::can_change_user()) {
            report.warnings.push_back("process.user: only root can see what " + wanted->user +
                                      " is able to read and write");
            return std::move(found.read);
        }
        found = read_as_configured({source, proxy_privileges});
        report.errors = found.read.errors;
        if (!found.became.empty() && !report.ok())
            report.warnings.push_back("read as process.user, as a reload is: " + found.became);
        if (report.ok()) add(report.warnings, warnings_about_writing(found.read.value));
    } catch (const std::runtime_error& problem) {
        report.problem = std::string(problem.what()) + "\n";
    }
    return std::move(found.read);
}

} // namespace

int check(const std::string& config_file, bool as_json)
{
    const auto host = read_host_facts();
    check_report report{config_file, {}, {}, {}, {}};
    conf::read_result read = read_as_it_will_be(config_file, host, report);
    if (!report.ok()) return tell(report, as_json);
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
