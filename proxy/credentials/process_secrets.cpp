#include "proxy/credentials/process_secrets.hpp"

#include "proxy/credentials/credential_file.hpp"

namespace fairlead::credentials {
namespace {

tls::ticket_keys::clock::time_point now() { return tls::ticket_keys::clock::now(); }

std::chrono::seconds lifetime_of(const conf::tls_options& options)
{
    return std::chrono::duration_cast<std::chrono::seconds>(options.ticket_lifetime);
}

} // namespace

process_secrets::process_secrets()
    : tickets_(std::make_shared<tls::ticket_keys>(lifetime_of({}), now()))
{}

std::string process_secrets::problem_of_ticket_file(const conf::tls_options& options)
{
    if (options.ticket_keys.empty()) return {};
    const credential_file file = read_credential(options.ticket_keys, secrecy::secret);
    if (!file.problem.empty()) return file.problem;
    tls::ticket_keys tried(lifetime_of(options), now());
    const auto problem = tried.take_file(file.text);
    return problem ? options.ticket_keys + " " + *problem : std::string();
}

std::string process_secrets::adopt(const conf::tls_options& options)
{
    if (options.ticket_keys.empty()) {
        tickets_->take_own(lifetime_of(options), now());
        read_ = 0;
        warning_.clear();
        options_ = options;
        return {};
    }
    if (auto problem = read_file(options.ticket_keys); !problem.empty()) return problem;
    options_ = options;
    return {};
}

std::string process_secrets::refresh()
{
    tickets_->rotate(now());
    return options_.ticket_keys.empty() ? std::string() : read_file(options_.ticket_keys);
}

std::string process_secrets::read_file(const std::string& path)
{
    const credential_file file = read_credential(path, secrecy::secret);
    if (!file.problem.empty()) return file.problem;
    if (file.digest == read_) return {};
    if (const auto problem = tickets_->take_file(file.text)) return path + " " + *problem;
    read_ = file.digest;
    warning_ = file.warning;
    return {};
}

std::shared_ptr<tls::ticket_keys> process_secrets::tickets_for(const conf::tls_options& options) const
{
    return options.ticket_lifetime.count() == 0 ? nullptr : tickets_;
}

std::shared_ptr<tls::key_log> process_secrets::key_log_for(const conf::tls_options& options)
{
    if (options.key_log.empty()) return nullptr;
    auto log = key_log_.lock();
    if (!log || key_log_path_ != options.key_log) {
        log = std::make_shared<tls::key_log>(options.key_log);
        key_log_ = log;
        key_log_path_ = options.key_log;
    }
    return log;
}

} // namespace fairlead::credentials
