#include "proxy/upstream/dialer.hpp"

#include "proxy/net/address.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/socket_options.hpp"
#include "proxy/snat/tuple_search.hpp"

#include <boost/asio/error.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::upstream {
namespace {

constexpr std::chrono::seconds exhaustion_report_interval{10};
constexpr std::size_t max_failed_addresses = 4; // of one dial

// How bind() and connect() began; only the first goes on.
enum class started : std::uint8_t
{
    connecting,
    port_taken,   // by others: another port may do
    source_unfit, // not ours, or without a port for the kernel to choose: another source may do
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

// Before Linux 6.3 the option is unknown, and the whole of the kernel's range is chosen from.
void narrow_port_choice(int fd, const conf::port_range& range) noexcept
{
    constexpr int local_port_range = 51; // IP_LOCAL_PORT_RANGE, which the C library's headers may lack
    const std::uint32_t value = std::uint32_t{range.last} << 16 | range.first;
    ::setsockopt(fd, IPPROTO_IP, local_port_range, &value, sizeof value);
}

started bind_tuple(int fd, const snat::tuple_lease& tuple, net::error_code& error) noexcept
{
    const int on = 1;
    // On IPv6 sockets too, these are set at the IP level (ip(7), measured).
    if (tuple.port() == 0) {
        ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        narrow_port_choice(fd, tuple.space().ports().ranges().front());
    } else {
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    if (tuple.source().is_v6)
        ::setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof on); // an address of a routed prefix (AnyIP)
    const net::socket_address local = net::to_socket_address(tuple.source(), tuple.port());
    if (::bind(fd, local.data(), local.size) == 0) return started::connecting;
    error.assign(errno, boost::system::system_category());
    if (errno == EADDRINUSE) return started::port_taken;
    return errno == EADDRNOTAVAIL ? started::source_unfit : started::failed;
}

bool begin_connect(int fd, const net::socket_address& remote, net::error_code& error) noexcept
{
    if (::connect(fd, remote.data(), remote.size) == 0 || errno == EINPROGRESS) return true;
    error.assign(errno, boost::system::system_category());
    return false;
}

started begin_from(int fd, const snat::tuple_lease& tuple, const net::socket_address& remote,
                   net::error_code& error) noexcept
{
    const started bound = bind_tuple(fd, tuple, error);
    if (bound != started::connecting || begin_connect(fd, remote, error)) return bound;
    if (error.value() != EADDRNOTAVAIL) return started::failed;
    return tuple.port() == 0 ? started::source_unfit : started::port_taken;
}

// A TCP socket in `made`, with the options set; its descriptor, or -1.
int open_socket(connection& made, int family, const conf::socket_options& options) noexcept
{
    const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    net::error_code error;
    made.stream.lowest_layer().assign({family, IPPROTO_TCP}, fd, error);
    if (error) {
        ::close(fd);
        return -1;
    }
    net::apply(options, fd, family);
    return fd;
}

} // namespace

bool has_free_tuple(const pool& from, const backend& to)
{
    const auto* source = from.source();
    if (source == nullptr) return true;
    const auto now = std::chrono::steady_clock::now();
    return std::ranges::any_of(to.addresses(), [&](const conf::ip_address& ip) {
        return source->free_towards({ip, to.address().port}, now) != 0;
    });
}

// What one dial() was asked for; it outlives the coroutines that read it.
struct dialer::attempt
{
    const pool& from;
    const std::uint16_t port;
    const conf::socket_options& options;
    metrics::backend_cells& cells;
};

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
        const attempt what{from, to->address().port, options, cells};
        const std::vector<conf::ip_address> in_order = addresses_in_order(what, addresses);
        if (!addresses.empty() && in_order.empty()) {
            report_exhaustion(from, {addresses.front(), what.port});
            outcome = metrics::dial_failure::ports_exhausted;
        }
        std::size_t failures = 0;
        for (std::size_t i = 0; i < in_order.size() && failures < max_failed_addresses; ++i) {
            const conf::ip_address ip = in_order[i];
            outcome = co_await dial_address(what, ip);
            if (outcome.has_value()) break;
            if (has_failed(what, ip, outcome.error())) ++failures;
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

std::vector<conf::ip_address> dialer::addresses_in_order(const attempt& what, const resolved_set& addresses)
{
    if (addresses.size() < 2) return addresses; // nothing to choose; the search finds out what is free
    const auto now = std::chrono::steady_clock::now();
    std::vector<address_candidate> candidates;
    for (const auto& ip : addresses) {
        const snat::tuple_destination to{ip, what.port};
        const auto* source = what.from.source();
        const std::uint64_t free = source == nullptr ? 1 : source->free_towards(to, now);
        candidates.push_back({ip, free, failed_.contains(to, now)});
    }
    return order_addresses(std::move(candidates), rotation_++);
}

// Whether the dial cost more than a look at our own counts; then the address is remembered, unless it is not
// its fault.
bool dialer::has_failed(const attempt& what, const conf::ip_address& ip, metrics::dial_failure why)
{
    const auto now = std::chrono::steady_clock::now();
    const snat::tuple_destination to{ip, what.port};
    if (why == metrics::dial_failure::ports_exhausted)
        return what.from.source() == nullptr || what.from.source()->free_towards(to, now) != 0;
    if (why != metrics::dial_failure::no_resources) failed_.add(to, now);
    return true;
}

net::task<dial_result> dialer::dial_address(const attempt& what, conf::ip_address ip)
{
    if (what.from.source() != nullptr) {
        const snat::tuple_destination to{ip, what.port};
        co_return co_await dial_from_sources(what, to);
    }
    const net::socket_address remote = net::to_socket_address(ip, what.port);
    connection made(where_);
    const int fd = open_socket(made, remote.family(), what.options);
    if (fd < 0) co_return metrics::dial_failure::no_resources;
    net::error_code error;
    if (begin_connect(fd, remote, error))
        error = co_await finish_connect(made.stream, what.from.connect_timeout());
    if (error) co_return classify(error);
    co_return made;
}

net::task<dial_result> dialer::dial_from_sources(const attempt& what, snat::tuple_destination to)
{
    const net::socket_address remote = net::to_socket_address(to.ip, to.port);
    snat::tuple_search search(*what.from.source(), to);
    metrics::dial_failure failure = metrics::dial_failure::ports_exhausted;
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        connection made(where_);
        auto tuple = search.next(now);
        if (!tuple) {
            report_exhaustion(what.from, to);
            break;
        }
        const int fd = open_socket(made, remote.family(), what.options);
        net::error_code error;
        const started how = fd < 0 ? started::failed : begin_from(fd, *tuple, remote, error);
        if (how == started::port_taken || how == started::source_unfit) {
            made.stream.close();
            how == started::port_taken ? search.found_in_foreign_use(std::move(*tuple), now)
                                       : search.found_source_unusable(std::move(*tuple), now);
            continue;
        }
        made.source = std::move(*tuple);
        if (how == started::connecting)
            error = co_await finish_connect(made.stream, what.from.connect_timeout());
        failure = fd < 0 ? metrics::dial_failure::no_resources : classify(error);
        if (how == started::failed || error) break;
        what.cells.foreign_ports.add(search.foreign_ports());
        what.cells.source_failovers.add(search.failovers());
        co_return made;
    }
    what.cells.foreign_ports.add(search.foreign_ports());
    what.cells.source_failovers.add(search.failovers());
    co_return failure;
}

void dialer::report_exhaustion(const pool& from, const snat::tuple_destination& to)
{
    const auto now = std::chrono::steady_clock::now();
    if (now - exhaustion_reported_at_ < exhaustion_report_interval) return;
    exhaustion_reported_at_ = now;
    spdlog::warn("pool {}: no source port is free towards {}; add source addresses or widen its ports",
                 from.name(), snat::to_string(to));
}

net::task<dial_result> dialer::dial_unix(const pool& from, const std::string& path)
{
    const auto remote = net::to_socket_address(path);
    if (!remote) co_return metrics::dial_failure::unresolved;
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) co_return metrics::dial_failure::no_resources;
    connection made(where_);
    net::error_code error;
    net::asio::generic::stream_protocol protocol(AF_UNIX, 0);
    made.stream.lowest_layer().assign(protocol, fd, error);
    if (error) {
        ::close(fd);
        co_return metrics::dial_failure::no_resources;
    }
    if (begin_connect(fd, *remote, error))
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
