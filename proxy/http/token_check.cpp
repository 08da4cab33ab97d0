#include "proxy/http/token_check.hpp"

#include "proxy/http/cookie_values.hpp"
#include "proxy/http/field_syntax.hpp"
#include "proxy/routing/query_parameters.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace fairlead::http {
namespace {

namespace json = boost::json;
using tls::signature_algorithm;

constexpr std::size_t longest_token = 16UL * 1024;

struct token_parts
{
    std::string_view header;
    std::string_view claims;
    std::string_view signature;
    std::string_view signed_text; // header and claims with the dot between
};

std::optional<token_parts> split(std::string_view token)
{
    const auto first = token.find('.');
    if (first == token.npos || token.size() > longest_token) return std::nullopt;
    const auto second = token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
    return token_parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                       token.substr(second + 1), token.substr(0, second)};
}

std::optional<json::object> object_in(std::string_view base64url)
{
    std::vector<std::uint8_t> bytes;
    if (!tls::decode_base64url(base64url, bytes)) return std::nullopt;
    boost::system::error_code error;
    const json::value document = json::parse(std::string(bytes.begin(), bytes.end()), error);
    if (error || !document.is_object()) return std::nullopt;
    return document.as_object();
}

std::string_view text_of(const json::object& of, std::string_view name)
{
    const json::value* const found = of.if_contains(name);
    return found != nullptr && found->is_string() ? std::string_view(found->as_string()) : std::string_view();
}

std::string_view name_of(signature_algorithm algorithm)
{
    switch (algorithm) {
    case signature_algorithm::rs256: return "RS256";
    case signature_algorithm::es256: return "ES256";
    case signature_algorithm::hs256: return "HS256";
    }
    return {};
}

bool is_signed_by_one_of(const std::vector<tls::json_web_key>& keys, const json::object& header,
                         const token_parts& parts)
{
    std::vector<std::uint8_t> signature;
    if (!tls::decode_base64url(parts.signature, signature)) return false;
    const auto algorithm = text_of(header, "alg");
    const auto id = text_of(header, "kid");
    return std::ranges::any_of(keys, [&](const tls::json_web_key& key) {
        const bool is_meant =
            name_of(key.algorithm()) == algorithm && (id.empty() || key.id().empty() || key.id() == id);
        return is_meant && key.verifies(parts.signed_text, signature);
    });
}

// Seconds since 1970 (RFC 7519 2, NumericDate); nothing when it is absent.
struct claimed_time
{
    bool is_there = false;
    bool is_wrong = false;
    double seconds = 0;
};

claimed_time time_in(const json::object& claims, std::string_view name)
{
    const json::value* const found = claims.if_contains(name);
    if (found == nullptr) return {};
    if (!found->is_number()) return {true, true, 0};
    return {true, false, found->to_number<double>()};
}

bool is_for(const json::object& claims, const std::vector<std::string>& audiences)
{
    if (audiences.empty()) return true;
    const json::value* const found = claims.if_contains("aud");
    if (found == nullptr) return false;
    const auto is_ours = [&](const json::value& each) {
        return each.is_string() &&
               std::ranges::find(audiences, std::string_view(each.as_string())) != audiences.end();
    };
    return found->is_array() ? std::ranges::any_of(found->as_array(), is_ours) : is_ours(*found);
}

// A claim as the text of a header: a list is joined by commas.
std::string text_of_claim(const json::value& claim)
{
    if (claim.is_string()) return std::string(claim.as_string());
    if (claim.is_bool()) return claim.as_bool() ? "true" : "false";
    if (claim.is_int64()) return std::to_string(claim.as_int64());
    if (claim.is_uint64()) return std::to_string(claim.as_uint64());
    if (!claim.is_array()) return {};
    std::string joined;
    for (const json::value& each : claim.as_array()) {
        if (!each.is_string()) return {};
        joined.append(joined.empty() ? "" : ",").append(std::string_view(each.as_string()));
    }
    return joined;
}

// What a claim says may go into a head only as one field's value.
bool fits_field(std::string_view value)
{
    return without_outer_space(value).size() == value.size() &&
           std::ranges::none_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

token_verdict refused(std::string_view reason) { return {false, reason, {}}; }

token_verdict check_claims(const token_rules& rules, const json::object& claims, double now)
{
    const conf::token_options& options = rules.options;
    const double leeway = std::chrono::duration<double>(options.leeway).count();
    const claimed_time end = time_in(claims, "exp");
    const claimed_time begin = time_in(claims, "nbf");
    if (end.is_wrong || begin.is_wrong) return refused("the token's times are not numbers");
    if (end.is_there && now >= end.seconds + leeway) return refused("the token has expired");
    if (begin.is_there && now < begin.seconds - leeway) return refused("the token is not valid yet");
    if (!options.issuer.empty() && text_of(claims, "iss") != options.issuer)
        return refused("the token is of another issuer");
    if (!is_for(claims, options.audiences)) return refused("the token is for another audience");
    token_verdict verdict{true, {}, {}};
    for (const auto& [claim, field] : options.copy_claims) {
        const json::value* const found = claims.if_contains(claim);
        std::string value = found != nullptr ? text_of_claim(*found) : std::string();
        if (!fits_field(value)) return refused("the token has a claim that fits no header");
        verdict.fields.push_back({field, std::move(value)});
    }
    return verdict;
}

} // namespace

std::vector<std::string> find_tokens(const conf::token_options& options, const head& fields,
                                     const request_facts& facts)
{
    std::vector<std::string> found;
    const auto add = [&found](std::string_view text) {
        if (std::ranges::find(found, text) == found.end()) found.emplace_back(text);
    };
    constexpr std::string_view scheme = "Bearer ";
    std::size_t from = 0;
    for (bool is_first = true; const auto value = fields.find_next("Authorization", from); is_first = false) {
        if (starts_with_ignoring_case(*value, scheme))
            add(without_outer_space(value->substr(scheme.size())));
        else if (!is_first)
            add(*value);
    }
    if (!options.cookie.empty()) {
        cookie_values values(fields, options.cookie);
        while (const auto value = values.next())
            add(*value);
    }
    if (!options.query.empty()) {
        routing::query_parameters parameters(facts.query);
        while (const auto value = parameters.next(options.query))
            add(*value);
    }
    return found;
}

token_verdict check_token(const token_rules& rules, std::string_view token,
                          std::chrono::system_clock::time_point now)
{
    const auto parts = split(token);
    if (!parts) return refused("the token is not one in compact form");
    const auto header = object_in(parts->header);
    if (!header) return refused("the token is not one in compact form");
    if (header->contains("crit")) return refused("the token asks for what is not understood");
    if (!is_signed_by_one_of(rules.keys, *header, *parts))
        return refused("the token's signature is not a known key's");
    const auto claims = object_in(parts->claims); // looked into only now that its author is known
    if (!claims) return refused("the token's claims are no object");
    return check_claims(rules, *claims, std::chrono::duration<double>(now.time_since_epoch()).count());
}

} // namespace fairlead::http
