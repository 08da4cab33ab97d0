#include "proxy/credentials/client_credentials.hpp"

#include "proxy/credentials/credential_file.hpp"
#include "proxy/credentials/option_conversion.hpp"
#include "tls/trusted_authorities.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace fairlead::credentials {

client_credentials::client_credentials(const conf::pool_options& pool, const conf::tls_options& options,
                                       process_secrets& secrets, tls::wall_time now)
    : pool_(pool.name)
    , options_(*pool.tls)
    , ktls_(options.ktls)
{
    try {
        key_log_ = secrets.key_log_for(options);
    } catch (const std::system_error& failure) {
        problems_.emplace_back(failure.what());
    }
    if (!options_.certificate.empty())
        own_.emplace(conf::certificate_files{options_.certificate, options_.key, {}, {}});
    refresh_files(now);
    if (problems_.empty()) rebuild();
    news_.clear(); // all of it is
    collect_warnings();
}

bool client_credentials::refresh_files(tls::wall_time now)
{
    bool is_changed = false;
    if (own_) {
        if (own_->refresh(now)) {
            is_changed = true;
            news_.push_back(options_.certificate + ": '" + own_->current()->subject() + "', good until " +
                            tls::date_text(own_->current()->not_after()));
        }
        problems_.insert(problems_.end(), own_->problems().begin(), own_->problems().end());
    }
    if (options_.ca.empty()) return is_changed;
    credential_file file = read_credential(options_.ca, secrecy::open);
    if (!file.problem.empty()) {
        problems_.push_back(file.problem);
    } else if (file.text == ca_) {
        return is_changed;
    } else if (const auto read = tls::trusted_authorities::read(file.text, {}); read.has_error()) {
        for (const auto& error : read.error())
            problems_.push_back(options_.ca + ": " + error);
    } else {
        ca_ = std::move(file.text);
        news_.push_back(options_.ca + " is read");
        is_changed = true;
    }
    return is_changed;
}

void client_credentials::rebuild()
{
    tls::client_options wanted;
    wanted.protocol = to_protocol(conf::tls_profile::intermediate, options_.min_version, ktls_);
    wanted.ca = ca_;
    wanted.server_name = options_.server_name;
    if (own_) wanted.own = own_->current();
    wanted.insecure = options_.insecure;
    wanted.key_log = key_log_;
    auto made = tls::client_context::build(wanted);
    if (made.has_error()) {
        for (const auto& error : made.error())
            problems_.push_back((options_.ca.empty() ? "pool " + pool_ : options_.ca) + ": " + error);
        return;
    }
    context_.replace(std::move(*made));
}

void client_credentials::collect_warnings()
{
    warnings_.clear();
    if (options_.insecure)
        warnings_.push_back(
            "pool " + pool_ +
            ": insecure: its backends are not verified, and whoever stands between reads along");
    if (own_) warnings_.insert(warnings_.end(), own_->warnings().begin(), own_->warnings().end());
}

refresh_report client_credentials::refresh(tls::wall_time now)
{
    const auto before = std::exchange(problems_, {});
    const auto warned = warnings_;
    if (refresh_files(now)) rebuild();
    collect_warnings();
    refresh_report out;
    out.news = std::exchange(news_, {});
    for (const auto& each : problems_) {
        if (std::ranges::find(before, each) == before.end()) out.problems.push_back(each);
    }
    for (const auto& each : warnings_) {
        if (std::ranges::find(warned, each) == warned.end()) out.warnings.push_back(each);
    }
    return out;
}

std::vector<certificate_state> client_credentials::certificates() const
{
    if (!own_ || !own_->current()) return {};
    return {{pool_, options_.certificate, own_->current()->not_after(), !own_->problems().empty()}};
}

std::vector<std::string> client_credentials::files() const
{
    std::vector<std::string> out;
    for (const std::string* path : {&options_.certificate, &options_.key, &options_.ca}) {
        if (!path->empty()) out.push_back(*path);
    }
    return out;
}

} // namespace fairlead::credentials
