#include "proxy/net/slabs.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <new>

namespace fairlead::net {
namespace {

// So that a slab of tunnels is smaller than 4 KiB, and fits where a buffer of a session was.
constexpr std::uint32_t blocks_of_slab = 8;
constexpr std::size_t head_bytes = sizeof(void*);
#if defined(__SANITIZE_ADDRESS__)
constexpr bool takes_from_heap = true;
#else
constexpr bool takes_from_heap = false;
#endif

} // namespace

// What is lent begins behind `of`, where `next` lies as long as it is not.
struct slabs::block
{
    slab* of; // null: it is of the heap
    block* next;
};

struct slabs::slab : hook
{
    slab(slabs& store, std::size_t size) noexcept
        : owner(store)
        , shelf(size)
    {}

    slabs& owner;
    const std::size_t shelf;
    std::uint32_t used = 0;
    block* free = nullptr;
};

slabs::~slabs()
{
    for (auto& shelf : open_) {
        while (!shelf.empty())
            discard(static_cast<slab&>(shelf.front()));
    }
    assert(count_ == 0); // else somebody has a block still
}

void* slabs::take(std::size_t bytes)
{
    block* taken = nullptr;
    if (takes_from_heap || bytes > most_bytes) {
        taken = new (::operator new(std::max(head_bytes + bytes, sizeof(block)))) block{nullptr, nullptr};
    } else {
        slab& from = with_room((bytes + head_bytes - 1) / step);
        taken = from.free;
        from.free = taken->next;
        if (++from.used == blocks_of_slab) open_[from.shelf].erase(open_[from.shelf].iterator_to(from));
    }
    return &taken->next;
}

void slabs::give_back(void* room) noexcept
{
    if (room == nullptr) return;
    auto* const which = static_cast<block*>(static_cast<void*>(static_cast<char*>(room) - head_bytes));
    if (which->of == nullptr)
        ::operator delete(which);
    else
        which->of->owner.put_back(*which->of, *which);
}

slabs::slab& slabs::with_room(std::size_t shelf)
{
    if (!open_[shelf].empty()) return static_cast<slab&>(open_[shelf].front());
    const std::size_t block_bytes = (shelf + 1) * step;
    auto* at = static_cast<char*>(::operator new(sizeof(slab) + blocks_of_slab * block_bytes));
    auto* const fresh = new (at) slab(*this, shelf);
    at += sizeof(slab);
    for (std::uint32_t i = 0; i < blocks_of_slab; ++i, at += block_bytes)
        fresh->free = new (at) block{fresh, fresh->free};
    open_[shelf].push_front(*fresh);
    ++count_;
    return *fresh;
}

void slabs::put_back(slab& into, block& which) noexcept
{
    auto& open = open_[into.shelf];
    which.next = into.free;
    into.free = &which;
    if (into.used-- == blocks_of_slab) open.push_back(into);
    if (into.used == 0 && open.size() > 1) discard(into);
}

void slabs::discard(slab& unused) noexcept
{
    assert(unused.used == 0);
    open_[unused.shelf].erase(open_[unused.shelf].iterator_to(unused));
    unused.~slab();
    ::operator delete(&unused);
    --count_;
}

} // namespace fairlead::net
