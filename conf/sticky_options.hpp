// How a pool leads clients back to the backend they had, as checked values. Part of the model: see model.hpp.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <string>

namespace fairlead::conf {

enum class sticky_key : std::uint8_t
{
    cookie,     // one of the proxy's own that names the backend
    app_cookie, // the value of a cookie that the application sets, hashed; as are those below
    header,
    query,
    path,
    client // its IP address; the /64 of an IPv6 one
};

enum class same_site : std::uint8_t
{
    lax,
    strict,
    none
};

struct sticky_options // pool.NAME.sticky
{
    sticky_key by = sticky_key::cookie;
    std::string name;   // of the cookie, header field (lower case) or query parameter; else empty
    std::string secret; // for `cookie`: at least 16 bytes; never shown
    duration ttl{0};    // of the cookie; 0: until the browser ends
    std::string path = "/";
    std::string domain; // empty: the host that was asked
    conf::same_site same_site = conf::same_site::lax;
    bool secure = false; // also over plain HTTP; over TLS the cookie is Secure always

    bool operator==(const sticky_options&) const = default;
};

} // namespace fairlead::conf
