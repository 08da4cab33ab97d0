// Judges the signed token (JWT, RFC 7519) that a request carries: RS256, ES256 or HS256.
//
// Refused: what is not a token in compact form, an algorithm that is not the key's own (so "none",
// always), a key that is not known, a signature that does not fit, a token outside its time (`exp`, `nbf`,
// with some leeway), of another issuer or for another audience, and one whose header asks for what is not
// understood ("crit", RFC 7515 4.1.11). Pure; the time is passed in. Thread: any.
#pragma once

#include "conf/edge_options.hpp"
#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"
#include "tls/json_web_key.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::http {

struct token_rules
{
    conf::token_options options;
    std::vector<tls::json_web_key> keys;
};

struct token_verdict
{
    bool passes = false;
    std::string_view reason = {};                // static text, of who does not
    std::vector<conf::header_value> fields = {}; // of the claims that are copied; an empty value removes
};

// What may be a token in a request, each text once: in Authorization, and where the route says. Of more
// than one a backend might read another than the one that was verified; so all that Authorization fields
// beside the first hold counts as such, too.
std::vector<std::string> find_tokens(const conf::token_options& options, const head& fields,
                                     const request_facts& facts);

token_verdict check_token(const token_rules& rules, std::string_view token,
                          std::chrono::system_clock::time_point now);

} // namespace fairlead::http
