// When the kernel takes a tuple again after its connection is closed.
//
//   closed, reset, never connected  at once
//   the peer ended first            at once, when it has acknowledged our end; else in a second
//   we ended first                  in a second where TCP timestamps were agreed on, which let a new
//                                   connection replace TIME_WAIT; else in a minute. The kernel's own port
//                                   choice never replaces it: a minute
//
// Sources: tcp(7) on TCP_INFO; RFC 6191 (timestamps and TIME-WAIT); RFC 9293 3.6 (who closes first).
#pragma once

#include "proxy/snat/tuple_space.hpp"

#include <chrono>
#include <cstdint>

namespace fairlead::snat {

struct tcp_ending
{
    std::uint8_t state = 0; // the kernel's TCP_ESTABLISHED, TCP_CLOSE_WAIT...
    bool has_timestamps = false;
    bool is_chosen_by_kernel = false; // its port
};

std::chrono::seconds rest_after(const tcp_ending& ending) noexcept;

// Made right before the descriptor is closed, and ended right after: then the lease ends, or goes on for its
// rest. `by_reset`: the close is a reset. Sends our FIN if the peer's has come.
class tuple_return
{
public:
    tuple_return(tuple_lease lease, int fd, bool by_reset) noexcept;
    tuple_return(const tuple_return&) = delete;
    tuple_return& operator=(const tuple_return&) = delete;
    ~tuple_return();

private:
    tuple_lease lease_;
    std::chrono::seconds rest_{0};
};

} // namespace fairlead::snat
