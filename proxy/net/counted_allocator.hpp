// A standard allocator that tells the thread's memory_account what it takes and gives back, as `Kind`.
//
// Stateless: all are equal. A container with it ends on the thread that filled it, or after the worker.
#pragma once

#include "proxy/net/memory_account.hpp"

#include <cstddef>
#include <memory>

namespace fairlead::net {

template <class T, metrics::memory_kind Kind>
struct counted_allocator
{
    using value_type = T;

    template <class U>
    struct rebind
    {
        using other = counted_allocator<U, Kind>;
    };

    counted_allocator() = default;
    template <class U>
    counted_allocator(const counted_allocator<U, Kind>&) noexcept
    {}

    T* allocate(std::size_t count)
    {
        T* const block = std::allocator<T>{}.allocate(count);
        memory_account::take(Kind, count * sizeof(T));
        return block;
    }
    void deallocate(T* block, std::size_t count) noexcept
    {
        memory_account::give(Kind, count * sizeof(T));
        std::allocator<T>{}.deallocate(block, count);
    }

    bool operator==(const counted_allocator&) const noexcept { return true; }
};

} // namespace fairlead::net
