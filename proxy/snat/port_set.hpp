// The local ports that a source pool may use, and who chooses among them: the ledger, by an explicit bind, or
// the kernel within a range (IP_LOCAL_PORT_RANGE).
//
// Immutable, shared by every tuple space of a pool; about 8 KiB. Thread: any.
#pragma once

#include "conf/model.hpp"
#include "conf/port_ranges.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace fairlead::snat {

class port_set
{
public:
    static constexpr std::size_t word_bits = 64;
    static constexpr std::size_t word_count = 65'536 / word_bits;

    port_set(conf::port_ranges ranges, conf::port_selection selection);

    const conf::port_ranges& ranges() const noexcept { return ranges_; }
    bool is_chosen_by_kernel() const noexcept { return selection_ == conf::port_selection::kernel; }

    // Tuples that a space may give out: every port, or 98 % of them (at least one) when the kernel chooses,
    // whose search for the last ones takes milliseconds.
    std::uint32_t capacity() const noexcept { return capacity_; }

    std::uint64_t word(std::size_t index) const noexcept
    {
        return words_[index];
    } // bit i: port 64 * index + i

    bool contains(std::uint16_t port) const noexcept
    {
        return (words_[port / word_bits] >> (port % word_bits) & 1U) != 0;
    }

    bool operator==(const port_set& other) const noexcept
    {
        return selection_ == other.selection_ && ranges_ == other.ranges_;
    }

private:
    const conf::port_ranges ranges_;
    const conf::port_selection selection_;
    const std::uint32_t capacity_;
    std::array<std::uint64_t, word_count> words_{};
};

} // namespace fairlead::snat
