// Where in the files something was written, for messages that come after loading. A plain value.
#pragma once

#include <cstdint>
#include <string>

namespace fairlead::conf {

struct source_position
{
    std::string file;
    std::uint32_t line = 0;   // 1-based; 0: not from a file
    std::uint32_t column = 0; // 1-based, in code points
};

} // namespace fairlead::conf
