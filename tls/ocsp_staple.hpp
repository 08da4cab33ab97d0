// An OCSP response (RFC 6960) as it is stapled to a handshake (RFC 6066 8): read and judged once.
//
// Errors: why it must not be stapled, as one sentence. Whether it is in its time is for the moment of use.
// Thread: any.
#pragma once

#include "tls/certificate_facts.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace fairlead::tls {

struct ocsp_staple
{
    std::string der;
    wall_time from;  // thisUpdate
    wall_time until; // nextUpdate, or a day after `from` where the responder names none

    bool is_good_at(wall_time now) const noexcept { return !der.empty() && now >= from && now < until; }
};

struct staple_problem
{
    std::string text;
};

// `issuer` may be null: it is not known, and neither its signature nor its key are compared then.
boost::system::result<ocsp_staple, staple_problem> read_staple(std::string_view der, x509_st& certificate,
                                                               x509_st* issuer);

} // namespace fairlead::tls
