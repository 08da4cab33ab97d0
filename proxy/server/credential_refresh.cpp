#include "proxy/server/credential_refresh.hpp"

#include "proxy/credentials/refresh_report.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <string_view>

namespace fairlead::server {
namespace {

void log(const credentials::refresh_report& report, std::string_view of)
{
    for (const auto& each : report.news)
        spdlog::info("TLS of {}: {}", of, each);
    for (const auto& each : report.warnings)
        spdlog::warn("TLS of {}: {}", of, each);
    for (const auto& each : report.problems)
        spdlog::error("TLS of {}: {}; what was in force before stays", of, each);
}

// Calls `use` with the credentials of each listener and pool, and what they are of.
template <class Use>
void for_each_credentials(const http::service& in, Use use)
{
    for (std::size_t i = 0; i < in.listener_tls.size(); ++i) {
        if (in.listener_tls[i]) use(*in.listener_tls[i], "listener " + in.config.listeners[i].address.text);
    }
    for (const auto& pool : in.pools) {
        if (pool->tls() != nullptr) use(*pool->tls(), "pool " + pool->name());
    }
}

void append(std::vector<std::string>& to, std::vector<std::string> more)
{
    std::ranges::move(more, std::back_inserter(to));
}

} // namespace

credential_refresh::credential_refresh(net::asio::io_context& io, credentials::process_secrets& secrets,
                                       const std::shared_ptr<const http::service>& current)
    : io_(io)
    , secrets_(secrets)
    , current_(current)
    , timer_(io)
{}

void credential_refresh::follow()
{
    const conf::tls_options& options = current_->config.tls;
    if (const auto problem = secrets_.adopt(options); !problem.empty())
        spdlog::error("ticket keys: {}", problem);
    if (!options.key_log.empty())
        spdlog::warn("tls.key_log: whoever reads {} can read all connections", options.key_log);
    look();
    std::vector<std::string> warnings;
    if (!secrets_.warning().empty()) warnings.push_back(secrets_.warning());
    for_each_credentials(*current_,
                         [&](const auto& each, const std::string&) { append(warnings, each.warnings()); });
    warn_of(warnings);
    wait();
}

// Each once, as long as it holds.
void credential_refresh::warn_of(const std::vector<std::string>& warnings)
{
    for (const auto& each : warnings) {
        if (std::ranges::find(said_, each) == said_.end()) spdlog::warn("TLS: {}", each);
    }
    said_ = warnings;
}

void credential_refresh::look()
{
    if (const auto problem = secrets_.refresh(); problem != ticket_problem_) {
        ticket_problem_ = problem;
        if (!problem.empty()) spdlog::error("ticket keys: {}; those of before stay", problem);
    }
    const auto now = std::chrono::system_clock::now();
    for_each_credentials(*current_, [&](auto& each, const std::string& of) {
        const credentials::refresh_report report = each.refresh(now);
        log(report, of);
        append(said_, report.warnings);
    });
    watch();
}

void credential_refresh::watch()
{
    std::vector<std::string> files;
    std::vector<std::string> folders;
    for (const auto& each : current_->listener_tls) {
        if (!each) continue;
        append(files, each->files());
        append(folders, each->folders());
    }
    for (const auto& pool : current_->pools) {
        if (pool->tls() != nullptr) append(files, pool->tls()->files());
    }
    if (!secrets_.ticket_file().empty()) files.push_back(secrets_.ticket_file());
    if (files.empty() && folders.empty() && !watch_) return;
    try {
        if (!watch_) watch_ = std::make_unique<config_watch>(io_, [this] { look(); });
        watch_->follow(files, folders);
    } catch (const std::exception& failure) {
        spdlog::error("certificates are not watched, and looked at every minute: {}", failure.what());
    }
}

void credential_refresh::wait()
{
    timer_.expires_after(tick);
    timer_.async_wait([this](const net::error_code& error) {
        if (error) return;
        if (++ticks_ % ticks_per_look == 0)
            look();
        else
            secrets_.refresh();
        wait();
    });
}

std::vector<metrics::certificate_state> credential_refresh::certificates() const
{
    std::vector<metrics::certificate_state> out;
    for_each_credentials(*current_, [&](const auto& each, const std::string&) {
        for (auto& one : each.certificates())
            out.push_back({one.place, one.file, one.not_after, one.is_refused, one.is_staple_left_out});
    });
    return out;
}

} // namespace fairlead::server
