// Memory for what comes and goes with each request, kept by the thread that let it go: in steady state a
// request allocates nothing.
//
// A block is of one of 64 sizes, the multiples of 64 bytes up to 4 KiB; a thread keeps up to 64 of each, of
// those above 1 KiB up to 16, and gives the rest back. A bigger one comes from the heap. A block may be let
// go by another thread than the one that took it. Under AddressSanitizer nothing is kept, so that it sees
// each use after the end.
#pragma once

#include <cstddef>

namespace fairlead::net {

[[nodiscard]] void* take_block(std::size_t bytes); // throws std::bad_alloc
void give_block(void* block, std::size_t bytes) noexcept;

// For a class whose objects shall live in such blocks.
struct in_spare_block
{
    static void* operator new(std::size_t bytes) { return take_block(bytes); }
    static void operator delete(void* block, std::size_t bytes) noexcept { give_block(block, bytes); }
};

} // namespace fairlead::net
