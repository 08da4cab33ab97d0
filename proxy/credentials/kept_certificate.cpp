#include "proxy/credentials/kept_certificate.hpp"

#include "proxy/credentials/credential_file.hpp"

namespace fairlead::credentials {
namespace {

std::uint64_t mixed(std::uint64_t digest, const credential_file& file)
{
    return (digest ^ file.digest) * 0x9e3779b97f4a7c15ULL + 1;
}

} // namespace

bool kept_certificate::refresh(tls::wall_time now)
{
    const bool is_changed = read_anew(now);
    warnings_ = found_;
    const std::string doubt = current_ ? current_->staple_doubt(now) : std::string();
    if (!doubt.empty()) warnings_.push_back(files_.chain + ": " + doubt);
    is_staple_left_out_ = current_ && !files_.ocsp.empty() && current_->staple(now).empty();
    return is_changed;
}

bool kept_certificate::read_anew(tls::wall_time now)
{
    const credential_file chain =
        read_credential(files_.chain, files_.key.empty() ? secrecy::secret : secrecy::open);
    const credential_file key =
        files_.key.empty() ? credential_file() : read_credential(files_.key, secrecy::secret);
    const credential_file ocsp =
        files_.ocsp.empty() ? credential_file() : read_credential(files_.ocsp, secrecy::open);
    const std::uint64_t digest = mixed(mixed(mixed(1, chain), key), ocsp);
    if (!chain.problem.empty() || !key.problem.empty()) {
        problems_.clear();
        for (const auto* file : {&chain, &key}) {
            if (!file->problem.empty()) problems_.push_back(file->problem);
        }
        read_ = 0;
        return false;
    }
    if (digest == read_) return false;
    read_ = digest;
    problems_.clear();
    auto made = tls::certificate::read({chain.text, key.text, ocsp.text}, now);
    if (made.has_error()) {
        for (const auto& error : made.error())
            problems_.push_back(files_.chain + ": " + error);
        return false;
    }
    if (current_ && current_->is_valid_at(now) && !(*made)->is_valid_at(now)) {
        for (const auto& warning : (*made)->warnings())
            problems_.push_back(files_.chain + ": " + warning);
        read_ = 0; // its time may come while the files stay as they are
        return false;
    }
    found_.clear();
    for (const auto& warning : (*made)->warnings())
        found_.push_back(files_.chain + ": " + warning);
    for (const std::string* text : {&chain.warning, &key.warning, &ocsp.problem}) {
        if (!text->empty()) found_.push_back(*text);
    }
    current_ = std::move(*made);
    return true;
}

} // namespace fairlead::credentials
