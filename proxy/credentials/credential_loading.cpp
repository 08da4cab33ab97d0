#include "proxy/credentials/credential_loading.hpp"

#include <chrono>
#include <stdexcept>

namespace fairlead::credentials {
namespace {

// Where the file is named that the problem begins with.
const conf::source_position& place_of(std::string_view problem, const conf::listen_tls_options& in)
{
    for (const auto& each : in.certificates) {
        for (const std::string* path : {&each.chain, &each.key, &each.ocsp}) {
            if (!path->empty() && problem.starts_with(*path)) return each.where;
        }
    }
    return in.where;
}

} // namespace

credential_loading::credential_loading(const conf::config& config, process_secrets* secrets)
    : config_(config)
    , secrets_(secrets != nullptr ? *secrets : own_)
    , now_(std::chrono::system_clock::now())
{
    const std::string problem = process_secrets::problem_of_ticket_file(config.tls);
    if (!problem.empty()) problems_ = config.files.front() + ": tls.ticket_keys: " + problem + "\n";
}

std::shared_ptr<server_credentials>
credential_loading::load(const conf::listen_options& listener,
                         std::span<const std::shared_ptr<server_credentials>> known)
{
    if (!listener.tls) return nullptr;
    for (const auto& each : known) {
        if (each && each->is_of(listener, config_.tls)) return each;
    }
    auto made = std::make_shared<server_credentials>(listener, config_.tls, secrets_, now_);
    for (const auto& problem : made->problems())
        add(place_of(problem, *listener.tls), "listener " + listener.address.text, problem);
    return made;
}

std::shared_ptr<client_credentials> credential_loading::load(const conf::pool_options& pool)
{
    if (!pool.tls) return nullptr;
    auto made = std::make_shared<client_credentials>(pool, config_.tls, secrets_, now_);
    for (const auto& problem : made->problems())
        add(pool.tls->where, "pool " + pool.name, problem);
    return made;
}

void credential_loading::throw_problems() const
{
    if (!problems_.empty()) throw std::runtime_error(problems_);
}

void credential_loading::add(const conf::source_position& where, const std::string& of,
                             std::string_view problem)
{
    problems_ +=
        where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " + of + ": ";
    problems_ += problem;
    problems_ += '\n';
}

} // namespace fairlead::credentials
