// Which tuple one dial tries next, when bind() or connect() find that others use what the ledger thought
// free.
//
//   a port in foreign use  ──► set aside for a minute; at most three other ports of the source, then
//   the next source        ──► the freest other one; where there is none, the same again
//   an unusable source     ──► paused for a second, then as above
//   nothing left, or 32 ports and 256 sources tried ──► the end: the dial has failed, without a spin
//
// No I/O; made for one dial and destination. The pool outlives it. Thread: its dial's.
#pragma once

#include "proxy/snat/source_pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace fairlead::snat {

class tuple_search
{
public:
    static constexpr std::chrono::seconds foreign_use_time{60};
    static constexpr std::chrono::seconds source_pause{1};
    static constexpr std::uint32_t ports_per_source = 4; // in a row
    static constexpr std::uint32_t most_foreign_ports = 32;
    static constexpr std::uint32_t most_sources = 256;

    tuple_search(const source_pool& from, const tuple_destination& destination)
        : from_(from)
        , destination_(destination)
    {}

    // The tuple to try now; nothing when the search is over.
    std::optional<tuple_lease> next(steady_time now);

    void found_in_foreign_use(tuple_lease lease,
                              steady_time now); // EADDRINUSE at bind, EADDRNOTAVAIL at connect
    void found_source_unusable(tuple_lease lease, steady_time now); // EADDRNOTAVAIL at bind

    std::uint32_t foreign_ports() const noexcept { return foreign_ports_; }
    std::uint32_t failovers() const noexcept { return failovers_; } // times another source was taken

private:
    const source_pool& from_;
    const tuple_destination destination_;
    tuple_space* last_ = nullptr; // held by the pool
    std::uint32_t ports_in_a_row_ = 0;
    std::uint32_t foreign_ports_ = 0;
    std::uint32_t unusable_sources_ = 0;
    std::uint32_t failovers_ = 0;
};

} // namespace fairlead::snat
