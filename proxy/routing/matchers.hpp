// The conditions of a route, compiled: what a request must have besides host and path.
//
//   methods      one of them, case-sensitive (RFC 9110 9.1)
//   headers      all of them; a field that was sent several times satisfies one when any of its values does
//   query        all of them, likewise; names and values are compared decoded (query_parameters.hpp)
//   only         a WebSocket upgrade, or anything else
//   subprotocol  a WebSocket upgrade that offers it, in any Sec-WebSocket-Protocol field (RFC 6455 11.3.4),
//                case-sensitive
//   client_certificate  see certificate_matcher.hpp
//
// An exact value is the whole value; a regex (RE2, UTF-8, '.' also matches a line end) matches the whole
// value; present asks for the name with any value, also an empty one.
// Immutable once built. Thread: any.
// Errors: a bad regex, as one message each.
#pragma once

#include "conf/model.hpp"
#include "proxy/routing/certificate_matcher.hpp"
#include "proxy/routing/request_key.hpp"

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::routing {

re2::RE2::Options regex_options();

// One header or query condition.
struct named_matcher
{
    std::string name; // a header's in lower case
    conf::value_match::kind how = conf::value_match::kind::exact;
    std::string text;                        // for exact
    std::unique_ptr<const re2::RE2> pattern; // for regex

    bool accepts(std::string_view value) const;
};

class condition_set
{
public:
    // Appends a message to `errors` for each regex that does not compile; the set is then not to be used.
    condition_set(const conf::route_options& route, std::vector<std::string>& errors);

    bool hold(const request_key& request) const;

    std::uint32_t count() const noexcept; // how specific: each method list, header, parameter, ... is one
    const std::vector<named_matcher>& headers() const noexcept { return headers_; }
    const std::vector<named_matcher>& query() const noexcept { return query_; }

private:
    bool headers_hold(const request_key& request) const;
    bool query_holds(const request_key& request) const;

    std::vector<std::string> methods_;
    std::vector<named_matcher> headers_;
    std::vector<named_matcher> query_;
    std::string subprotocol_;
    conf::traffic_kind only_;
    std::optional<certificate_matcher> certificate_;
};

} // namespace fairlead::routing
