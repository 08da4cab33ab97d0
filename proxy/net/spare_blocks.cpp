#include "proxy/net/spare_blocks.hpp"

#include <array>
#include <cstdint>
#include <new>

namespace fairlead::net {
namespace {

constexpr std::size_t step = 64;
constexpr std::size_t size_count = 64;

// Many of the large ones would be kept for a burst that is over: 256 KiB of the largest alone.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint32_t most_of(std::size_t) noexcept { return 0; }
#else
constexpr std::uint32_t most_of(std::size_t which) noexcept { return which < 1024 / step ? 64 : 16; }
#endif

struct spare
{
    spare* next;
};

struct shelf
{
    spare* first = nullptr;
    std::uint32_t count = 0;
};

struct shelves
{
    std::array<shelf, size_count> of;

    ~shelves()
    {
        for (std::size_t i = 0; i < size_count; ++i) {
            while (of[i].first != nullptr)
                ::operator delete(take(i));
            of[i].count = most_of(i); // what comes later is not kept
        }
    }

    spare* take(std::size_t which) noexcept
    {
        spare* const taken = of[which].first;
        of[which].first = taken->next;
        --of[which].count;
        return taken;
    }
};

thread_local shelves kept;

// size_count: none, it is too big.
std::size_t shelf_for(std::size_t bytes) noexcept
{
    return bytes == 0 || bytes > step * size_count ? size_count : (bytes - 1) / step;
}

} // namespace

void* take_block(std::size_t bytes)
{
    const std::size_t which = shelf_for(bytes);
    if (which == size_count) return ::operator new(bytes);
    if (kept.of[which].first != nullptr) return kept.take(which);
    return ::operator new((which + 1) * step);
}

void give_block(void* block, std::size_t bytes) noexcept
{
    const std::size_t which = shelf_for(bytes);
    if (block == nullptr || which == size_count || kept.of[which].count >= most_of(which)) {
        ::operator delete(block);
        return;
    }
    shelf& of = kept.of[which];
    of.first = new (block) spare{of.first};
    ++of.count;
}

} // namespace fairlead::net
