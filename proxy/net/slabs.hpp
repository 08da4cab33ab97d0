// Memory for many small objects that live long, kept apart from what comes and goes with a request: blocks of
// one size lie side by side, eight in a slab, so that the holes which requests leave behind stay among those.
//
// A block is 8 bytes larger than what it is for, rounded up to 32. Of each size one slab at most is kept
// that is not in use. What is larger than most_bytes comes from the heap; under AddressSanitizer all of it
// does, for it to see each use after the end. Thread: one at a time. Lifetime: outlives its blocks.
#pragma once

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>

namespace fairlead::net {

class slabs
{
public:
    static constexpr std::size_t most_bytes = 1016;

    slabs() = default;
    slabs(const slabs&) = delete;
    slabs& operator=(const slabs&) = delete;
    ~slabs();

    // Aligned to 8 bytes. Throws std::bad_alloc.
    [[nodiscard]] void* take(std::size_t bytes);
    static void give_back(void* room) noexcept; // to whichever slabs it came from; null: nothing

    std::size_t size() const noexcept { return count_; } // slabs, full ones included

private:
    struct block;
    struct slab;
    struct hook : boost::intrusive::list_base_hook<>
    {};
    static constexpr std::size_t step = 32;

    slab& with_room(std::size_t shelf);
    void put_back(slab& into, block& which) noexcept;
    void discard(slab& unused) noexcept;

    std::array<boost::intrusive::list<hook>, (most_bytes + step) / step> open_; // with free blocks, by size
    std::size_t count_ = 0;
};

} // namespace fairlead::net
