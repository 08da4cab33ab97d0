// Numbers as people read them.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace fairlead::plan {

std::string grouped(std::uint64_t number);    // "1,160,960"
std::string bytes_text(std::uint64_t number); // "512 B", "8.5 KiB", "23.5 GiB": three digits or so
std::uint64_t divided_up(std::uint64_t number,
                         std::uint64_t by) noexcept; // the quotient, rounded up; by != 0

} // namespace fairlead::plan
