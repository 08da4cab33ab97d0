#include "proxy/credentials/server_credentials.hpp"

#include "proxy/credentials/certificate_folder.hpp"
#include "proxy/credentials/credential_file.hpp"
#include "proxy/credentials/option_conversion.hpp"
#include "tls/trusted_authorities.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace fairlead::credentials {
namespace {

// Of [tls], what a context is built by; the rest takes effect elsewhere.
bool builds_alike(const conf::tls_options& a, const conf::tls_options& b)
{
    return a.ktls == b.ktls && a.key_log == b.key_log && a.ticket_lifetime == b.ticket_lifetime;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more)
{
    to.insert(to.end(), more.begin(), more.end());
}

} // namespace

server_credentials::server_credentials(const conf::listen_options& listener, const conf::tls_options& options,
                                       process_secrets& secrets, tls::wall_time now)
    : address_(listener.address.text)
    , options_(*listener.tls)
    , process_options_(options)
    , tickets_(secrets.tickets_for(options))
{
    try {
        key_log_ = secrets.key_log_for(options);
    } catch (const std::system_error& failure) {
        problems_.emplace_back(failure.what());
    }
    list_files();
    refresh_certificates(now);
    refresh_authorities();
    if (problems_.empty()) rebuild();
    news_.clear(); // all of it is
    collect_warnings();
}

bool server_credentials::is_of(const conf::listen_options& listener, const conf::tls_options& options) const
{
    return listener.address.text == address_ && listener.tls == options_ &&
           builds_alike(options, process_options_);
}

// The files that are to be there now, with what is known of those that were there before. One that is listed
// by name stays when it is gone.
void server_credentials::list_files()
{
    std::vector<conf::certificate_files> wanted = options_.certificates;
    folders_.clear();
    if (!options_.certificate_dir.empty()) {
        folder_content found = list_certificates(options_.certificate_dir);
        folders_ = std::move(found.folders);
        if (!found.problem.empty()) {
            problems_.push_back(found.problem);
            if (!certificates_.empty()) return; // all that was there goes on
        } else if (found.certificates.empty() && wanted.empty()) {
            problems_.push_back(options_.certificate_dir + " holds no certificate");
            if (!certificates_.empty()) return;
        }
        for (auto& each : found.certificates) {
            if (std::ranges::find(wanted, each.chain, &conf::certificate_files::chain) == wanted.end())
                wanted.push_back(std::move(each));
        }
    }
    std::vector<kept_certificate> next;
    for (auto& files : wanted) {
        const auto known = std::ranges::find(certificates_, files.chain,
                                             [](const kept_certificate& each) { return each.files().chain; });
        if (known == certificates_.end()) {
            next.emplace_back(std::move(files));
            continue;
        }
        known->rename(std::move(files));
        next.push_back(std::move(*known));
        certificates_.erase(known);
    }
    for (const auto& gone : certificates_) {
        if (gone.current()) news_.push_back(gone.files().chain + " is gone");
    }
    certificates_ = std::move(next);
}

bool server_credentials::refresh_certificates(tls::wall_time now)
{
    bool is_changed = false;
    for (auto& each : certificates_) {
        if (each.refresh(now)) {
            is_changed = true;
            news_.push_back(each.files().chain + ": '" + each.current()->subject() + "', good until " +
                            tls::date_text(each.current()->not_after()));
        }
        append(problems_, each.problems());
    }
    return is_changed;
}

bool server_credentials::refresh_authorities()
{
    if (options_.client_ca.empty()) return false;
    credential_file ca = read_credential(options_.client_ca, secrecy::open);
    credential_file crl =
        options_.crl.empty() ? credential_file() : read_credential(options_.crl, secrecy::open);
    for (const auto* file : {&ca, &crl}) {
        if (!file->problem.empty()) problems_.push_back(file->problem);
    }
    if (!ca.problem.empty() || !crl.problem.empty()) return false;
    if (ca.text == client_ca_ && crl.text == crl_) return false;
    const auto read = tls::trusted_authorities::read(ca.text, crl.text);
    if (read.has_error()) {
        for (const auto& error : read.error())
            problems_.push_back(options_.client_ca + ": " + error);
        return false;
    }
    client_ca_ = std::move(ca.text);
    crl_ = std::move(crl.text);
    news_.push_back(options_.client_ca + " is read" + (crl_.empty() ? "" : ", and " + options_.crl));
    return true;
}

void server_credentials::rebuild()
{
    tls::server_options wanted;
    for (const auto& each : certificates_) {
        if (each.current()) wanted.certificates.push_back(each.current());
    }
    wanted.protocol = to_protocol(options_.profile, options_.min_version, process_options_.ktls);
    wanted.strict_sni = options_.strict_sni;
    if (!options_.client_ca.empty()) wanted.client_auth = to_client_auth(options_.client_auth);
    wanted.client_ca = client_ca_;
    wanted.crl = crl_;
    wanted.tickets = tickets_;
    wanted.ticket_lifetime =
        std::chrono::duration_cast<std::chrono::seconds>(process_options_.ticket_lifetime);
    wanted.key_log = key_log_;
    auto made = tls::server_context::build(wanted);
    if (made.has_error()) {
        for (const auto& error : made.error())
            problems_.push_back(address_ + ": " + error);
        return;
    }
    context_.replace(std::move(*made));
}

void server_credentials::collect_warnings()
{
    warnings_.clear();
    for (const auto& each : certificates_)
        append(warnings_, each.warnings());
    for (const auto& doubt : tls::doubts_about(client_ca_, crl_))
        warnings_.push_back(options_.crl + ": " + doubt);
}

refresh_report server_credentials::refresh(tls::wall_time now)
{
    const auto before = std::exchange(problems_, {});
    const auto warned = warnings_;
    const std::size_t count = certificates_.size();
    list_files();
    const bool has_other_certificates = refresh_certificates(now) || certificates_.size() != count;
    const bool has_other_authorities = refresh_authorities();
    if (has_other_certificates || has_other_authorities || !news_.empty()) rebuild();
    collect_warnings();
    refresh_report out;
    out.news = std::exchange(news_, {});
    // Each once, when it appears.
    const auto is_new = [](const std::vector<std::string>& known) {
        return [&known](const std::string& each) { return std::ranges::find(known, each) == known.end(); };
    };
    std::ranges::copy_if(problems_, std::back_inserter(out.problems), is_new(before));
    std::ranges::copy_if(warnings_, std::back_inserter(out.warnings), is_new(warned));
    return out;
}

std::vector<certificate_state> server_credentials::certificates() const
{
    std::vector<certificate_state> out;
    for (const auto& each : certificates_) {
        if (each.current())
            out.push_back({address_, each.files().chain, each.current()->not_after(),
                           !each.problems().empty(), each.is_staple_left_out()});
    }
    return out;
}

std::vector<std::string> server_credentials::files() const
{
    std::vector<std::string> out;
    for (const auto& each : certificates_) {
        for (const std::string* path : {&each.files().chain, &each.files().key, &each.files().ocsp}) {
            if (!path->empty()) out.push_back(*path);
        }
    }
    for (const std::string* path : {&options_.client_ca, &options_.crl}) {
        if (!path->empty()) out.push_back(*path);
    }
    return out;
}

std::vector<std::string> server_credentials::folders() const { return folders_; }

} // namespace fairlead::credentials
