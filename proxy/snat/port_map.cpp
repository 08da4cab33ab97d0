#include "proxy/snat/port_map.hpp"

#include <bit>

namespace fairlead::snat {

std::optional<std::uint16_t> port_map::take(const port_set& usable, std::uint16_t start) noexcept
{
    const std::size_t first = start / port_set::word_bits;
    const std::uint64_t behind = ~std::uint64_t{0} << (start % port_set::word_bits);
    if (const auto port = take_from(first, usable.word(first) & behind)) return port;
    for (std::size_t step = 1; step < port_set::word_count; ++step) {
        const std::size_t word = (first + step) % port_set::word_count;
        if (const auto port = take_from(word, usable.word(word))) return port;
    }
    return take_from(first, usable.word(first) & ~behind);
}

std::optional<std::uint16_t> port_map::take_from(std::size_t word, std::uint64_t usable) noexcept
{
    std::uint64_t free = usable & ~taken_[word].load(std::memory_order_relaxed);
    while (free != 0) {
        const std::uint64_t bit = free & (~free + 1); // the lowest
        const std::uint64_t before = taken_[word].fetch_or(bit, std::memory_order_acquire);
        if ((before & bit) == 0)
            return static_cast<std::uint16_t>(word * port_set::word_bits + std::countr_zero(bit));
        free = usable & ~(before | bit);
    }
    return std::nullopt;
}

bool port_map::is_taken(std::uint16_t port) const noexcept
{
    const auto word = taken_[port / port_set::word_bits].load(std::memory_order_relaxed);
    return (word >> (port % port_set::word_bits) & 1U) != 0;
}

bool port_map::take_one(std::uint16_t port) noexcept
{
    const std::uint64_t bit = std::uint64_t{1} << (port % port_set::word_bits);
    return (taken_[port / port_set::word_bits].fetch_or(bit, std::memory_order_acquire) & bit) == 0;
}

std::vector<std::uint16_t> port_map::taken(const port_set& of) const
{
    std::vector<std::uint16_t> out;
    for (std::size_t word = 0; word < port_set::word_count; ++word) {
        auto bits = taken_[word].load(std::memory_order_relaxed) & of.word(word);
        for (; bits != 0; bits &= bits - 1)
            out.push_back(static_cast<std::uint16_t>(word * port_set::word_bits + std::countr_zero(bits)));
    }
    return out;
}

void port_map::give_back(std::uint16_t port) noexcept
{
    const std::uint64_t bit = std::uint64_t{1} << (port % port_set::word_bits);
    taken_[port / port_set::word_bits].fetch_and(~bit, std::memory_order_release);
}

} // namespace fairlead::snat
