// Which ports of one (source, destination) are taken: a bit for each, 8 KiB.
//
// It holds no count and no time. Lock-free, from any thread.
#pragma once

#include "proxy/snat/port_set.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace fairlead::snat {

class port_map
{
public:
    // Takes the first free port of `usable` at or behind `start`, going round. Nothing when none was seen
    // free on the way; others may have given one back behind it meanwhile.
    std::optional<std::uint16_t> take(const port_set& usable, std::uint16_t start) noexcept;

    bool is_taken(std::uint16_t port) const noexcept;
    bool take_one(std::uint16_t port) noexcept; // whether it was free

    void give_back(std::uint16_t port) noexcept;

    std::vector<std::uint16_t> taken(const port_set& of) const; // those, in order

private:
    std::optional<std::uint16_t> take_from(std::size_t word, std::uint64_t usable) noexcept;

    std::array<std::atomic<std::uint64_t>, port_set::word_count> taken_{};
};

} // namespace fairlead::snat
