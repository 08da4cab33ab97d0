// What a request carries that leads it back to the backend it had: a cookie of the proxy's own, or a value.
//
// The first cookie of the name that is valid counts, so that one which a stranger set for a wider path or
// domain (RFC 6265 8.6) leads nobody astray. Reads the request, decides nothing. Thread: any.
#pragma once

#include "proxy/http/head.hpp"
#include "proxy/http/http_rules.hpp"
#include "proxy/net/address.hpp"
#include "proxy/upstream/stickiness.hpp"

#include <optional>

namespace fairlead::http {

// `client` as it is to be believed; nothing for a Unix socket, which has no address to hash.
upstream::sticky_wish find_sticky_wish(const upstream::stickiness& rules, const head& fields,
                                       const request_facts& facts, const std::optional<net::ip_port>& client);

// Walks over the values of the cookies of one name (RFC 6265 4.2.1), in all Cookie fields; a value in quotes
// comes without them. Case matters in names.
class cookie_values
{
public:
    cookie_values(const head& fields, std::string_view name)
        : fields_(fields)
        , name_(name)
    {}

    std::optional<std::string_view> next();

private:
    const head& fields_;
    std::string_view name_;
    std::string_view rest_; // of the current field
    std::size_t from_ = 0;  // where to look for the next
};

} // namespace fairlead::http
