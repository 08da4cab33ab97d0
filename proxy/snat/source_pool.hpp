// The local addresses and ports that a pool dials from, and the choice among them: the source with the most
// free tuples to the destination, by the ledger that all workers and pools share.
//
// Only addresses of the destination's family are considered. Up to 64 of them the choice is exact. A larger
// pool opens 64 addresses per destination at first, and 64 more whenever the best one found is over a quarter
// full, so a /16 costs memory only for what is used; among more than 64 opened ones the best of 16 drawn ones
// is taken. At most 65,536 addresses per family are used, the first ones of the blocks in their order; every
// address of a block is used, also the first and the last.
// Does not bind, dial, or know whether an address is local to this machine.
// Lifetime: the ledger outlives it; leases outlive it freely (a reload builds a new one).
// Thread: any. The first acquire() for a destination and the opening of more addresses take a mutex, the
// others are lock-free.
#pragma once

#include "conf/values.hpp"
#include "proxy/snat/tuple_ledger.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace fairlead::snat {

class source_pool
{
public:
    static constexpr std::uint32_t chunk_size = 64;
    static constexpr std::uint32_t max_sources = 65'536; // per family

    source_pool(tuple_ledger& ledger, std::vector<conf::cidr> blocks, std::shared_ptr<const port_set> ports);
    source_pool(const source_pool&) = delete;
    source_pool& operator=(const source_pool&) = delete;
    ~source_pool();

    // A tuple from the freest source that is not paused at `now`. Nothing when all of them are full or
    // paused, or none has the destination's family. When it cannot be used: tuple_search.hpp. `rather_not` is
    // taken only when no other source has a tuple.
    std::optional<tuple_lease> acquire(const tuple_destination& destination, steady_time now,
                                       const tuple_space* rather_not = nullptr) const;

    // How many tuples are free towards the destination; at least so many where more than 64 addresses are
    // opened and more are to come. 0 only when none is.
    std::uint64_t free_towards(const tuple_destination& destination, steady_time now) const;
    // Makes the spaces of the first sources to the destination, so that they are told and known before the
    // first dial.
    void prepare(const tuple_destination& destination) const;

    std::uint32_t source_count(bool is_v6) const noexcept; // addresses of that family, at most max_sources
    const std::vector<conf::cidr>& blocks() const noexcept { return blocks_; }
    const port_set& ports() const noexcept { return *ports_; }

    // The address at `position` of that family, 0 <= position < source_count(is_v6).
    conf::ip_address source_at(bool is_v6, std::uint32_t position) const;

private:
    class destination_row;
    struct row_table;

    destination_row& row_for(const tuple_destination& destination) const;

    tuple_ledger& ledger_;
    const std::vector<conf::cidr> blocks_;
    const std::shared_ptr<const port_set> ports_;
    const std::uint32_t v4_count_;
    const std::uint32_t v6_count_;
    const std::unique_ptr<row_table> rows_;
};

} // namespace fairlead::snat
