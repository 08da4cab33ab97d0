#include "proxy/net/descriptor_room.hpp"

#include <algorithm>
#include <limits>

#include <sys/resource.h>

namespace fairlead::net {

// A 32nd each for the rest of the process and for the backends of clients who are there, 8 to 64; of a limit
// that is small already an eighth.
descriptor_shares share_descriptors(std::uint64_t limit) noexcept
{
    const std::uint64_t part =
        std::clamp<std::uint64_t>(limit / 32, std::min<std::uint64_t>(8, limit / 8), 64);
    return {limit - 2 * part, limit - part};
}

std::uint64_t descriptor_room::measure() noexcept
{
    rlimit limit{};
    const bool is_known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    const descriptor_shares shares =
        share_descriptors(is_known ? limit.rlim_cur : std::numeric_limits<std::uint64_t>::max());
    below_ = of_ == user::client ? shares.clients : shares.backends;
    return below_;
}

} // namespace fairlead::net
