// What the Connection fields of a message say (RFC 9110 7.6.1).
//
// Views point into the head's bytes. No allocation. Thread: any.
#pragma once

#include "proxy/http/head.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::http {

// The options with a meaning of their own, and the names of fields that go no further than this hop. Names of
// fields that the proxy manages anyway (Keep-Alive, TE, Upgrade...) are not kept.
class connection_options
{
public:
    static constexpr std::size_t max_named = 16;

    bool close = false;
    bool keep_alive = false;
    bool upgrade = false;

    bool names(std::string_view field_name) const; // ignoring case
    bool names_any() const { return count_ > 0; }

    // Nothing when a Connection field is malformed, names an end-to-end field (is_end_to_end_only), or when
    // more than max_named fields are named.
    static std::optional<connection_options> read(const head& message);

private:
    bool add(std::string_view option);

    std::array<std::string_view, max_named> named_;
    std::uint8_t count_ = 0;
};

} // namespace fairlead::http
