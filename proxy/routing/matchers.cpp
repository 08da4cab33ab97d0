#include "proxy/routing/matchers.hpp"

#include "proxy/routing/query_parameters.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::routing {
namespace {

std::string lower_case(std::string text)
{
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

named_matcher compile(const conf::value_match& condition, std::string_view group,
                      std::vector<std::string>& errors)
{
    named_matcher out;
    out.name = condition.name;
    out.how = condition.how;
    out.text = condition.text;
    if (condition.how == conf::value_match::kind::regex) {
        auto pattern = std::make_unique<re2::RE2>(condition.text, regex_options());
        if (!pattern->ok()) {
            errors.push_back(std::string(group) + "." + condition.name + ": bad regex '" + condition.text +
                             "': " + pattern->error());
        }
        out.pattern = std::move(pattern);
    }
    return out;
}

// Whether a comma-separated list of tokens (RFC 9110 5.6.1) has this one.
bool lists_token(std::string_view list, std::string_view token)
{
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        auto item = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        const auto first = item.find_first_not_of(" \t");
        if (first == item.npos) continue;
        item = item.substr(first, item.find_last_not_of(" \t") - first + 1);
        if (item == token) return true;
    }
    return false;
}

bool offers_subprotocol(const header_lookup& headers, std::string_view subprotocol)
{
    std::size_t from = 0;
    while (const auto value = headers.next("sec-websocket-protocol", from)) {
        if (lists_token(*value, subprotocol)) return true;
    }
    return false;
}

} // namespace

re2::RE2::Options regex_options()
{
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_dot_nl(true); // or "%0A" in a value would slip past ".*"
    return options;
}

bool named_matcher::accepts(std::string_view value) const
{
    switch (how) {
    case conf::value_match::kind::exact: return value == text;
    case conf::value_match::kind::present: return true;
    case conf::value_match::kind::regex:
        return re2::RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *pattern);
    }
    return false;
}

condition_set::condition_set(const conf::route_options& route, std::vector<std::string>& errors)
    : methods_(route.methods)
    , subprotocol_(route.subprotocol)
    , only_(route.only)
{
    if (route.client_certificate) certificate_.emplace(*route.client_certificate);
    for (const auto& condition : route.headers) {
        headers_.push_back(compile(condition, "headers", errors));
        headers_.back().name = lower_case(std::move(headers_.back().name));
    }
    for (const auto& condition : route.query)
        query_.push_back(compile(condition, "query", errors));
}

std::uint32_t condition_set::count() const noexcept
{
    const auto named = headers_.size() + query_.size();
    return static_cast<std::uint32_t>(named) + !methods_.empty() + !subprotocol_.empty() +
           (only_ != conf::traffic_kind::any) + (certificate_ ? certificate_->count() : 0);
}

bool condition_set::hold(const request_key& request) const
{
    const bool wants_websocket = only_ == conf::traffic_kind::websocket || !subprotocol_.empty();
    if (wants_websocket && !request.is_websocket) return false;
    if (only_ == conf::traffic_kind::http && request.is_websocket) return false;
    if (!methods_.empty() && std::find(methods_.begin(), methods_.end(), request.method) == methods_.end()) {
        return false;
    }
    if (certificate_ && (request.certificate == nullptr || !certificate_->accepts(*request.certificate)))
        return false;
    if (!subprotocol_.empty() && !offers_subprotocol(request.headers, subprotocol_)) return false;
    return headers_hold(request) && query_holds(request);
}

bool condition_set::headers_hold(const request_key& request) const
{
    for (const auto& condition : headers_) {
        std::size_t from = 0;
        auto value = request.headers.next(condition.name, from);
        while (value && !condition.accepts(*value))
            value = request.headers.next(condition.name, from);
        if (!value) return false;
    }
    return true;
}

bool condition_set::query_holds(const request_key& request) const
{
    for (const auto& condition : query_) {
        query_parameters parameters(request.query);
        auto value = parameters.next(condition.name);
        while (value && !condition.accepts(*value))
            value = parameters.next(condition.name);
        if (!value) return false;
    }
    return true;
}

} // namespace fairlead::routing
