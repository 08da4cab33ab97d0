#include "proxy/log/sampling.hpp"

#include <xxhash.h>

#include <limits>

namespace fairlead::log {

bool is_in_sample(std::string_view id, std::uint32_t one_in) noexcept
{
    if (one_in <= 1) return one_in == 1;
    return XXH3_64bits(id.data(), id.size()) < std::numeric_limits<std::uint64_t>::max() / one_in;
}

} // namespace fairlead::log
