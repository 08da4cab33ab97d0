#include "proxy/snat/port_set.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::snat {
namespace {

std::uint32_t capacity_of(std::uint32_t ports, conf::port_selection selection) noexcept
{
    constexpr std::uint32_t usable_percent = 98;
    if (selection == conf::port_selection::ledger || ports == 0) return ports;
    return std::max(1U, ports * usable_percent / 100);
}

} // namespace

port_set::port_set(conf::port_ranges ranges, conf::port_selection selection)
    : ranges_(std::move(ranges))
    , selection_(selection)
    , capacity_(capacity_of(conf::count_ports(ranges_), selection))
{
    for (const auto& range : ranges_) {
        for (std::uint32_t port = range.first; port <= range.last; ++port)
            words_[port / word_bits] |= std::uint64_t{1} << (port % word_bits);
    }
}

} // namespace fairlead::snat
