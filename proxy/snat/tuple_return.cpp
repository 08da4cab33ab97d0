#include "proxy/snat/tuple_return.hpp"

#include "proxy/net/tcp_info.hpp"

#include <utility>

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace fairlead::snat {

std::chrono::seconds rest_after(const tcp_ending& ending) noexcept
{
    using std::chrono::seconds;
    constexpr seconds time_wait{60};      // TCP_TIMEWAIT_LEN; tcp_fin_timeout is as long by default
    constexpr seconds acknowledgement{1}; // a FIN is repeated several times in it
    switch (ending.state) {
    case TCP_CLOSE:
    case TCP_LISTEN:
    case TCP_SYN_SENT: return seconds{0};
    case TCP_CLOSE_WAIT:
    case TCP_LAST_ACK: return acknowledgement;
    default: // we are, or shall be, the first to end
        return ending.has_timestamps && !ending.is_chosen_by_kernel ? acknowledgement : time_wait;
    }
}

tuple_return::tuple_return(tuple_lease lease, int fd, bool by_reset) noexcept
    : lease_(std::move(lease))
{
    if (!lease_ || by_reset) return;
    auto now = net::tcp_state(fd);
    if (now && now->state == TCP_CLOSE_WAIT) {
        ::shutdown(fd, SHUT_WR); // near peers acknowledge it before we ask
        now = net::tcp_state(fd);
    }
    if (now) rest_ = rest_after({now->state, now->has_timestamps, lease_.port() == 0});
}

tuple_return::~tuple_return()
{
    if (lease_ && rest_.count() != 0) lease_.set_aside(std::chrono::steady_clock::now() + rest_);
}

} // namespace fairlead::snat
