// Where a pool's members come from when they are not all written down, as checked values. Part of the model:
// see model.hpp.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

// Who named a backend of a pool.
enum class member_origin : std::uint8_t
{
    configured, // an entry of `backends`
    file,
    dns,
    srv
};

std::string_view word_of(member_origin origin) noexcept; // "configured"...

struct discover_options // pool.NAME.discover
{
    member_origin from = member_origin::file; // not configured
    std::string file;                         // for file; a relative one begins where the key's file lies
    std::string name;                         // for dns and srv
    std::uint16_t port = 0;                   // for dns
    std::vector<endpoint> resolvers;          // IP addresses; empty: the system's
    duration timeout{5'000};                  // of all questions of one look together
    duration min_ttl{5'000};                  // an answer is good for its TTL, within these
    duration max_ttl{30'000};
    std::uint32_t max_members = 1'024; // a list of more is refused

    bool operator==(const discover_options&) const = default;
};

} // namespace fairlead::conf
