#include "proxy/admin/access_policy.hpp"

#include <algorithm>

namespace fairlead::admin {
namespace {

using conf::admin_right;
using metrics::admin_refusal;

constexpr std::string_view challenge = "WWW-Authenticate: Bearer realm=\"fairlead\"";

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

// "Host" without its port, without the brackets of IPv6.
std::string_view name_in(std::string_view host)
{
    if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

judgement refused(unsigned status, admin_refusal reason, std::string_view why, std::string_view more = {})
{
    judgement out;
    out.reason = reason;
    out.refusal = error_answer(status, why);
    if (!more.empty()) out.refusal->header_lines = std::string(more) + "\r\n";
    return out;
}

std::optional<bearer_token> token_of(const std::string& file)
{
    return file.empty() ? std::nullopt : std::optional<bearer_token>(std::in_place, file);
}

} // namespace

access_policy::access_policy(const conf::admin_options& options, bool is_unix_socket)
    : is_open_(is_unix_socket)
    , checks_host_(!options.hosts.empty() || (options.address && conf::is_loopback(*options.address)))
    , is_read_only_(options.read_only)
    , anonymous_(options.anonymous)
    , hosts_(options.hosts)
    , changing_(is_unix_socket ? std::nullopt : token_of(options.token_file))
    , reading_(is_unix_socket ? std::nullopt : token_of(options.read_token_file))
{}

// A name that is none of ours; an IP literal has not been rebound.
bool access_policy::is_expected_host(std::string_view host) const
{
    const std::string name = lower(name_in(host));
    if (name == "localhost" || name.ends_with(".localhost")) return true; // RFC 6761 6.3
    return conf::parse_ip_address(name).has_value() || std::ranges::find(hosts_, name) != hosts_.end();
}

// A refusal, or what the token gives.
std::optional<judgement> access_policy::judge_token(std::string_view authorization, admin_right& right)
{
    constexpr std::string_view scheme = "bearer ";
    const bool is_bearer = lower(authorization.substr(0, scheme.size())) == scheme;
    std::string_view shown = is_bearer ? authorization.substr(scheme.size()) : std::string_view();
    while (shown.starts_with(' '))
        shown.remove_prefix(1);
    const bool may_change = changing_ && changing_->is(shown);
    const bool may_read = reading_ && reading_->is(shown);
    if (!may_change && !may_read)
        return refused(401, admin_refusal::wrong_credentials, "this is no token that is known here",
                       std::string(challenge) + ", error=\"invalid_token\"");
    right = std::max(right, may_change ? admin_right::change : admin_right::read);
    return std::nullopt;
}

judgement access_policy::judge(const claim& by)
{
    if (is_open_) return {};
    if (checks_host_ && !by.host.empty() && !is_expected_host(by.host))
        return refused(421, admin_refusal::host, "no listener here has that name; admin.hosts lists further");
    const bool reads = is_read(by.method);
    if (by.is_open_page && reads) return {};
    admin_right right = by.is_verified ? admin_right::change : anonymous_;
    const bool has_tokens = changing_ || reading_;
    const bool shows_token = has_tokens && !by.authorization.empty();
    if (shows_token) {
        if (auto wrong = judge_token(by.authorization, right)) return *wrong;
    }
    if (is_read_only_) right = std::min(right, admin_right::read);
    if (right >= (reads ? admin_right::read : admin_right::change))
        return {.by = shows_token ? (right == admin_right::change ? "token" : "read token") : ""};
    const bool would_help = reads || (!is_read_only_ && changing_);
    if (has_tokens && !shows_token && !by.is_verified && would_help)
        return refused(401, admin_refusal::no_credentials, "this needs a token: Authorization: Bearer TOKEN",
                       challenge);
    return refused(403, admin_refusal::not_permitted,
                   reads ? "nothing may be read here" : "whoever asks here may not change anything");
}

std::vector<std::string> access_policy::problems() const
{
    std::vector<std::string> out;
    for (const auto* each : {&changing_, &reading_}) {
        if (*each && !(*each)->problem().empty()) out.push_back((*each)->problem());
    }
    return out;
}

std::vector<std::string> access_policy::warnings() const
{
    std::vector<std::string> out;
    for (const auto* each : {&changing_, &reading_}) {
        if (*each && !(*each)->warning().empty()) out.push_back((*each)->warning());
    }
    return out;
}

} // namespace fairlead::admin
