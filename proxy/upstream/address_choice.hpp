// In which order one dial tries the addresses of a backend, and which of them it leaves out.
//
//   an address without a free source tuple  is left out: no connection to it can be opened
//   those that failed to connect lately     come last, so that a dead one does not slow every dial; so do
//                                           those that their checks found down
//   of the others                           the one with the most free tuples comes first; equal ones in turn
//
// No I/O, no clock of its own. Thread: its owner's.
#pragma once

#include "proxy/snat/tuple_space.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace fairlead::upstream {

struct address_candidate
{
    conf::ip_address ip;
    std::uint64_t free = 1;     // source tuples towards it; any number but 0 where nobody counts them
    bool failed_lately = false; // to connect, or by its checks
};

// `turn` rotates equal ones.
std::vector<conf::ip_address> order_addresses(std::vector<address_candidate> candidates, std::uint32_t turn);

// The addresses to which a connect failed in the last ten seconds: the latest 32 of them.
class failed_addresses
{
public:
    static constexpr std::chrono::seconds memory{10};
    static constexpr std::size_t capacity = 32;

    void add(const snat::tuple_destination& failed, snat::steady_time now) noexcept;
    bool contains(const snat::tuple_destination& asked, snat::steady_time now) const noexcept;

private:
    struct entry
    {
        snat::tuple_destination destination;
        snat::steady_time until;
    };

    std::array<entry, capacity> entries_{};
    std::size_t next_ = 0;
};

} // namespace fairlead::upstream
