#include "proxy/net/socket_options.hpp"

#include <chrono>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace fairlead::net {
namespace {

void set(int fd, int level, int name, int value) noexcept
{
    ::setsockopt(fd, level, name, &value, sizeof value);
}

int whole_seconds(conf::duration time) noexcept
{
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

} // namespace

void apply(const conf::socket_options& options, int fd, int family, socket_before before) noexcept
{
    if (family != AF_INET && family != AF_INET6) return;
    const bool is_fresh = before == socket_before::fresh;
    if (options.no_delay || !is_fresh) set(fd, IPPROTO_TCP, TCP_NODELAY, options.no_delay ? 1 : 0);
    if (options.not_sent_low_water != 0 || !is_fresh)
        set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, static_cast<int>(options.not_sent_low_water));
    if (options.keepalive_idle.count() != 0) {
        set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        set(fd, IPPROTO_TCP, TCP_KEEPIDLE, whole_seconds(options.keepalive_idle));
        set(fd, IPPROTO_TCP, TCP_KEEPINTVL, whole_seconds(options.keepalive_interval));
        set(fd, IPPROTO_TCP, TCP_KEEPCNT, static_cast<int>(options.keepalive_count));
    } else if (!is_fresh) {
        set(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
    }
    if (options.user_timeout.count() != 0 || !is_fresh)
        set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(options.user_timeout.count()));
}

} // namespace fairlead::net
