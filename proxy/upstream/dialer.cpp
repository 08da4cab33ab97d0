#include "proxy/upstream/dialer.hpp"

#include "proxy/net/address.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/socket_options.hpp"

#include <boost/asio/error.hpp>

#include <cerrno>
#include <chrono>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::upstream {
namespace {

constexpr std::chrono::seconds foreign_use_pause{1};
constexpr int max_sources_per_dial = 256; // each that fails costs a system call or two
constexpr std::size_t max_addresses_per_dial = 4;

enum class started : std::uint8_t
{
    connecting,
    no_tuple,
    failed
};

metrics::dial_failure classify(const net::error_code& error) noexcept
{
    switch (error.value()) {
    case ECONNREFUSED:
    case ENOENT: // no such Unix socket
    case EAGAIN: // a Unix listener's queue is full
        return metrics::dial_failure::refused;
    case ETIMEDOUT:
    case ECANCELED: return metrics::dial_failure::timeout;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN: return metrics::dial_failure::unreachable;
    case EADDRNOTAVAIL: return metrics::dial_failure::ports_exhausted;
    case ENOBUFS:
    case ENOMEM: return metrics::dial_failure::no_resources;
    default: return metrics::dial_failure::other;
    }
}

bool bind_source(int fd, const conf::ip_address& source) noexcept
{
    const int on = 1;
    // On IPv6 sockets too, these two are set at the IP level (ip(7), measured).
    ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (source.is_v6)
        ::setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on); // an address of a routed prefix (AnyIP)
    const net::socket_address local = net::to_socket_address(source, 0);
    return ::bind(fd, local.data(), local.size) == 0;
}

// Begins a connect; `error` says why it failed. A full tuple space is told apart, as another source may help.
started begin_connect(int fd, const net::socket_address& remote, net::error_code& error) noexcept
{
    if (::connect(fd, remote.data(), remote.size) == 0 || errno == EINPROGRESS) return started::connecting;
    error.assign(errno, boost::system::system_category());
    return errno == EADDRNOTAVAIL ? started::no_tuple : started::failed;
}

} // namespace

net::task<dial_result> dialer::dial(const pool& from, std::shared_ptr<backend> to,
                                    const conf::socket_options& options, metrics::backend_cells& cells)
{
    const auto begun = std::chrono::steady_clock::now();
    cells.dials.add();
    dial_result outcome(metrics::dial_failure::unresolved);
    if (to->address().what == conf::endpoint::kind::unix_path) {
        outcome = co_await dial_unix(from, to->address().path);
    } else {
        const resolved_set addresses = to->addresses(); // a copy: the set may be replaced while we wait
        const std::size_t tries = std::min(addresses.size(), max_addresses_per_dial);
        const std::uint32_t start = rotation_++;
        for (std::size_t i = 0; i < tries && outcome.has_error(); ++i) {
            const conf::ip_address ip = addresses[(start + i) % addresses.size()];
            outcome = co_await dial_address(from, ip, to->address().port, options);
        }
    }
    if (outcome.has_error()) {
        cells.dial_failures[outcome.error()].add();
        co_return outcome;
    }
    cells.dial_seconds.observe(std::chrono::steady_clock::now() - begun);
    outcome->to = std::move(to);
    co_return outcome;
}

net::task<dial_result> dialer::dial_address(const pool& from, conf::ip_address ip, std::uint16_t port,
                                            const conf::socket_options& options)
{
    const net::socket_address remote = net::to_socket_address(ip, port);
    const snat::tuple_destination destination{ip, port};
    for (int tried = 0; tried < max_sources_per_dial; ++tried) {
        connection made{{}, {}, net::stream(where_), {}};
        const auto now = std::chrono::steady_clock::now();
        if (from.source() != nullptr) {
            auto lease = from.source()->acquire(destination, now);
            if (!lease) break;
            made.source = std::move(*lease);
        }
        const int fd = ::socket(remote.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        net::error_code error;
        if (fd < 0) co_return metrics::dial_failure::no_resources;
        net::asio::generic::stream_protocol protocol(remote.family(), IPPROTO_TCP);
        made.stream.lowest_layer().assign(protocol, fd, error);
        if (error) {
            ::close(fd);
            co_return metrics::dial_failure::no_resources;
        }
        net::apply(options, fd, remote.family());
        started how = started::no_tuple;
        if (!made.source || bind_source(fd, made.source.source())) how = begin_connect(fd, remote, error);
        if (how == started::no_tuple && made.source) {
            made.source.set_aside(now + foreign_use_pause);
            continue;
        }
        if (how == started::connecting) error = co_await finish_connect(made.stream, from.connect_timeout());
        if (error) co_return classify(error);
        co_return made;
    }
    co_return metrics::dial_failure::ports_exhausted;
}

net::task<dial_result> dialer::dial_unix(const pool& from, const std::string& path)
{
    const auto remote = net::to_socket_address(path);
    if (!remote) co_return metrics::dial_failure::unresolved;
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) co_return metrics::dial_failure::no_resources;
    connection made{{}, {}, net::stream(where_), {}};
    net::error_code error;
    net::asio::generic::stream_protocol protocol(AF_UNIX, 0);
    made.stream.lowest_layer().assign(protocol, fd, error);
    if (error) {
        ::close(fd);
        co_return metrics::dial_failure::no_resources;
    }
    if (begin_connect(fd, *remote, error) == started::connecting)
        error = co_await finish_connect(made.stream, from.connect_timeout());
    if (error) co_return classify(error);
    co_return made;
}

net::task<net::error_code> dialer::finish_connect(net::stream& pending, conf::duration timeout)
{
    net::deadline limit(wheel_);
    limit.guard(&pending.lowest_layer());
    limit.arm(timeout);
    const auto [waited] = co_await pending.lowest_layer().async_wait(net::socket::wait_write, net::as_result);
    if (waited) co_return waited;
    int failure = 0;
    socklen_t size = sizeof failure;
    if (::getsockopt(pending.fd(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
    net::error_code outcome(failure, boost::system::system_category());
    co_return outcome;
}

} // namespace fairlead::upstream
