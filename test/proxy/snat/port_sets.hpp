// Sets of ports for tests of the ledger.
#pragma once

#include "proxy/snat/port_set.hpp"

#include <cstdint>
#include <memory>

namespace fairlead::snat {

inline std::shared_ptr<const port_set> ports_of(const char* text,
                                                conf::port_selection who = conf::port_selection::ledger)
{
    return std::make_shared<const port_set>(conf::parse_port_ranges(text).value(), who);
}

inline std::shared_ptr<const port_set> ports_from(std::uint16_t first, std::uint32_t count,
                                                  conf::port_selection who = conf::port_selection::ledger)
{
    const auto last = static_cast<std::uint16_t>(first + count - 1);
    return std::make_shared<const port_set>(conf::port_ranges{{first, last}}, who);
}

inline std::shared_ptr<const port_set> some_ports(std::uint32_t count) { return ports_from(20'000, count); }

} // namespace fairlead::snat
