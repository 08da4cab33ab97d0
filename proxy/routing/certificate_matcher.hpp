// What a route asks of the client's certificate.
//
// Any of the entries of a list is enough; each list that is there has to match. '*' stands for any
// characters, none too; all else is compared byte for byte. Immutable. Thread: any. Cost: the texts' lengths
// multiplied, at worst, and they are bounded.
#pragma once

#include "conf/tls_options.hpp"
#include "tls/handshake_facts.hpp"

#include <cstdint>
#include <string_view>

namespace fairlead::routing {

bool matches_pattern(std::string_view text, std::string_view pattern) noexcept;

class certificate_matcher
{
public:
    explicit certificate_matcher(conf::client_certificate_match wanted)
        : wanted_(std::move(wanted))
    {}

    bool accepts(const tls::peer_certificate& shown) const noexcept;
    std::uint32_t count() const noexcept; // how specific: each list is one, and none of them too

private:
    conf::client_certificate_match wanted_;
};

} // namespace fairlead::routing
