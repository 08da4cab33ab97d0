#include "proxy/server/reload_control.hpp"

#include "proxy/log/process_log.hpp"
#include "proxy/log/utc_text.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;

std::string_view word_of(reload_cause why) noexcept
{
    switch (why) {
    case reload_cause::signal: return "signal";
    case reload_cause::admin: return "admin";
    case reload_cause::watch: return "watch";
    }
    return {};
}

json::object plain_error(std::string_view message)
{
    json::object error;
    error["message"] = message;
    error["text"] = message;
    return error;
}

// Throws when it cannot be served, as regexes together; leaves no trace in what is counted.
void try_to_build(const conf::config& config)
{
    upstream::backend_registry backends;
    snat::tuple_ledger ledger;
    routing::route_registry routes;
    (void)http::service::build(config, {backends, ledger, routes}, 0);
}

void log_members(const conf::config_diff& diff)
{
    constexpr std::size_t most_lines = 50;
    std::size_t lines = 0;
    for (const conf::item_change& each : diff.backends) {
        if (++lines > most_lines) break;
        const std::string_view what = each.what == conf::change_kind::added     ? "joins"
                                      : each.what == conf::change_kind::removed ? "leaves"
                                                                                : "has another weight";
        spdlog::info("pool {}: backend {} {}", each.pool, each.name, what);
    }
    if (lines > most_lines) spdlog::info("and {} more", diff.backends.size() - most_lines);
}

} // namespace

struct reload_control::outcome
{
    std::optional<conf::config> config; // none: refused
    bool is_same = false;
    json::array errors;
    json::object changes;
    std::uint64_t generation = 0;
};

reload_control::outcome reload_control::read()
{
    outcome out;
    out.generation = process_.current->generation;
    try {
        conf::read_result read = process_.read();
        files_ = read.value.files;
        folders_ = read.value.folders;
        if (!read.ok()) {
            out.errors = describe_errors(read.errors);
            return out;
        }
        try_to_build(read.value);
        const conf::config& before = process_.current->config;
        const conf::config_diff diff = conf::compare(before, read.value);
        out.is_same = diff.empty();
        out.changes = describe_reload(diff, {process_.at_start, before, read.value, process_.count()});
        out.config = std::move(read.value);
    } catch (const std::exception& failure) {
        out.errors.push_back(plain_error(failure.what()));
    }
    return out;
}

control_answer reload_control::to_answer(const outcome& of)
{
    control_answer answer;
    answer.body["ok"] = of.errors.empty();
    answer.body["generation"] = of.generation;
    if (!of.errors.empty()) {
        answer.status = 422;
        answer.body["error"] = "the configuration is not reloaded; the one before stays in force";
        answer.body["errors"] = of.errors;
        return answer;
    }
    for (const auto& member : of.changes)
        answer.body[member.key()] = member.value();
    return answer;
}

control_answer reload_control::remember(reload_cause why, const outcome& of)
{
    control_answer answer = to_answer(of);
    json::object entry;
    entry["at"] = log::utc_text(std::chrono::system_clock::now());
    entry["by"] = word_of(why);
    for (const auto& member : answer.body)
        entry[member.key()] = member.value();
    history_.push_front(std::move(entry));
    if (history_.size() > history_length) history_.pop_back();
    return answer;
}

control_answer reload_control::run(reload_cause why)
{
    outcome now = read();
    if (now.is_same && why == reload_cause::watch) {
        if (is_last_good_) {
            spdlog::debug("files changed and mean the same");
            return to_answer(now);
        }
        spdlog::info("the configuration is good again, as it is in force: generation {}", now.generation);
        return conclude(why, now);
    }
    if (now.config) {
        try {
            process_.apply(std::move(*now.config), now.generation + 1);
        } catch (const std::exception& failure) {
            now.errors.push_back(plain_error(failure.what()));
        }
    }
    now.generation = process_.current->generation;
    for (const json::value& error : now.errors)
        log::report_error_lines(std::string(error.at("text").as_string()));
    if (now.errors.empty())
        spdlog::info("reloaded: generation {}; {} tunnels leave, {} are adjusted", now.generation,
                     now.changes.at("tunnels_leaving").to_number<std::uint64_t>(),
                     now.changes.at("tunnels_adjusted").to_number<std::uint64_t>());
    else
        spdlog::error("the configuration was not reloaded; generation {} goes on", now.generation);
    return conclude(why, now);
}

control_answer reload_control::conclude(reload_cause why, const outcome& of)
{
    is_last_good_ = of.errors.empty();
    process_.tell(is_last_good_);
    return remember(why, of);
}

bool reload_control::take_members(conf::config next)
{
    const auto& current = process_.current;
    const conf::config_diff diff = conf::compare(current->config, next);
    if (diff.empty()) return true;
    try {
        process_.apply(std::move(next), current->generation);
    } catch (const std::exception& failure) {
        spdlog::error("members were found and cannot be used: {}", failure.what());
        return false;
    }
    log_members(diff);
    return true;
}

control_answer reload_control::look()
{
    control_answer answer = to_answer(read());
    answer.body["dry_run"] = true;
    return answer;
}

control_answer reload_control::history() const
{
    control_answer answer;
    answer.body["reloads"] = json::array(history_.begin(), history_.end());
    return answer;
}

} // namespace fairlead::server
