// What a name's addresses are, by its answers for IPv4 and IPv6 and by those of before: of a family that
// could not be asked the last good answer stays, so that a name server which fails at one of two questions
// costs nothing.
//
//   one family has records, the other says no data or no such name   it has none
//   both say so                                                      a failure; the last ones stay
//
// Pure. Thread: any, one at a time.
#pragma once

#include "proxy/discovery/dns_records.hpp"

#include <chrono>
#include <optional>
#include <vector>

namespace fairlead::discovery {

class name_memory
{
public:
    struct view
    {
        std::vector<conf::ip_address> addresses; // IPv4 first; empty: none were ever known
        std::optional<look_failure> failure;     // something is from before, or missing
        std::chrono::seconds ttl{0};             // of what is not from before; greatest where all is
    };

    view settle(address_reply v4, address_reply v6);

private:
    std::vector<conf::ip_address> v4_;
    std::vector<conf::ip_address> v6_;
};

} // namespace fairlead::discovery
