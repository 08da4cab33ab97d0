// Which descriptors connections may take: not the last ones, which are left to those who look after the
// process (admin listener, health checks, name servers, logs, a reload).
//
//   0 ...................... clients | + backends | the rest of the process ... RLIMIT_NOFILE
//
// The kernel gives the lowest number that is free, so the number itself tells how many are taken. The limit
// is read again whenever it seems to be reached, as an operator may have raised it (prlimit(1)).
// Thread: one.
#pragma once

#include <cstdint>

namespace fairlead::net {

// The first number that is not for them, of a limit.
struct descriptor_shares
{
    std::uint64_t clients = 0;
    std::uint64_t backends = 0;
};
descriptor_shares share_descriptors(std::uint64_t limit) noexcept;

class descriptor_room
{
public:
    enum class user : std::uint8_t
    {
        client,
        backend
    };

    explicit descriptor_room(user of) noexcept
        : of_(of)
    {}

    bool has(int fd) noexcept
    {
        return static_cast<std::uint64_t>(fd) < below_ || static_cast<std::uint64_t>(fd) < measure();
    }

private:
    std::uint64_t measure() noexcept;

    std::uint64_t below_ = 0;
    user of_;
};

} // namespace fairlead::net
