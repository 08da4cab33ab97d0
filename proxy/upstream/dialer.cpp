#include "proxy/upstream/dialer.hpp"

#include "proxy/net/address.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/socket_options.hpp"
#include "proxy/net/transparent.hpp"
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

// Narrows nothing, since the kernel's own range bounds it, and yet spares connect() its slow search for a
// port, see docs/decisions.md.
constexpr conf::port_range widest_range{1'024, 65'535};

// Before Linux 6.3 the option is unknown, and the whole of the kernel's range is chosen from.
void narrow_port_choice(int fd, const conf::port_range& range) noexcept
{
    constexpr int local_port_range = 51; // IP_LOCAL_PORT_RANGE, which the C library's headers may lack
    const std::uint32_t value = std::uint32_t{range.last} << 16 | range.first;
    ::setsockopt(fd, IPPROTO_IP, local_port_range, &value, sizeof value);
}

// How bind() failed.
started classify_bind(net::error_code& error) noexcept
{
    error.assign(errno, boost::system::system_category());
    if (errno == EADDRINUSE) return started::port_taken;
    return errno == EADDRNOTAVAIL ? started::source_unfit : started::failed;
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
    return ::bind(fd, local.data(), local.size) == 0 ? started::connecting : classify_bind(error);
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

// From the client's address; with port 0 the kernel chooses one.
started begin_as_client(int fd, const net::ip_port& client, const net::socket_address& remote,
                        net::error_code& error) noexcept
{
    const int on = 1;
    if (!net::make_transparent(fd, client.ip.is_v6)) return classify_bind(error);
    if (client.port == 0) {
        ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        narrow_port_choice(fd, widest_range);
    } else {
        ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    const net::socket_address local = net::to_socket_address(client.ip, client.port);
    if (::bind(fd, local.data(), local.size) != 0) return classify_bind(error);
    if (begin_connect(fd, remote, error)) return started::connecting;
    return error.value() == EADDRNOTAVAIL ? started::port_taken : started::failed;
}

// The addresses of the backend that this request may dial.
resolved_set diallable(const dial_request& wanted, const backend& to)
{
    resolved_set addresses = to.addresses(); // a copy: the set may be replaced while we wait
    if (wanted.from.transparent() == conf::transparency::off) return addresses;
    const auto& client = wanted.ends.client;
    std::erase_if(addresses, [&](const auto& ip) { return !client || ip.is_v6 != client->ip.is_v6; });
    return addresses;
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

net::task<dial_result> dialer::dial(const dial_request& wanted, std::shared_ptr<backend> to)
{
    const auto begun = std::chrono::steady_clock::now();
    wanted.cells.dials.add();
    dial_result outcome(metrics::dial_failure::unresolved);
    if (to->address().what == conf::endpoint::kind::unix_path) {
        outcome = co_await dial_unix(wanted, to->address().path);
        outcome = co_await secure(wanted, *to, std::move(outcome));
    } else {
        const resolved_set addresses = diallable(wanted, *to);
        if (addresses.empty() && !to->addresses().empty()) outcome = metrics::dial_failure::no_client_address;
        const std::uint16_t port = to->address().port;
        const std::vector<conf::ip_address> in_order = addresses_in_order(wanted.from, *to, addresses);
        if (!addresses.empty() && in_order.empty()) {
            report_exhaustion(wanted.from, {addresses.front(), port});
            outcome = metrics::dial_failure::ports_exhausted;
        }
        std::size_t failures = 0;
        for (std::size_t i = 0; i < in_order.size() && failures < max_failed_addresses; ++i) {
            const snat::tuple_destination at{in_order[i], port};
            outcome = co_await dial_address(wanted, at);
            outcome = co_await secure(wanted, *to, std::move(outcome));
            if (outcome.has_value() || is_told(wanted.stop)) break;
            if (has_failed(wanted.from, at, outcome.error())) ++failures;
        }
    }
    if (outcome.has_error()) {
        if (!is_told(wanted.stop)) wanted.cells.dial_failures[outcome.error()].add();
        co_return outcome;
    }
    outcome->dialled_at = begun;
    outcome->connected_at = std::chrono::steady_clock::now();
    wanted.cells.dial_seconds.observe(outcome->connected_at - begun);
    outcome->to = std::move(to);
    co_return outcome;
}

std::vector<conf::ip_address> dialer::addresses_in_order(const pool& from, const backend& to_backend,
                                                         const resolved_set& addresses)
{
    if (addresses.size() < 2) return addresses; // nothing to choose; the search finds out what is free
    const resolved_set& dead = to_backend.dead_addresses();
    const auto now = std::chrono::steady_clock::now();
    std::vector<address_candidate> candidates;
    for (const auto& ip : addresses) {
        const snat::tuple_destination to{ip, to_backend.address().port};
        const std::uint64_t free = from.source() == nullptr ? 1 : from.source()->free_towards(to, now);
        const bool is_dead = std::ranges::find(dead, ip) != dead.end();
        candidates.push_back({ip, free, is_dead || failed_.contains(to, now)});
    }
    return order_addresses(std::move(candidates), rotation_++);
}

// Whether the dial cost more than a look at our own counts; then the address is remembered, unless it is not
// its fault.
bool dialer::has_failed(const pool& from, const snat::tuple_destination& to, metrics::dial_failure why)
{
    const auto now = std::chrono::steady_clock::now();
    if (why == metrics::dial_failure::ports_exhausted)
        return from.source() == nullptr || from.source()->free_towards(to, now) != 0;
    if (why != metrics::dial_failure::no_resources && why != metrics::dial_failure::no_client_address)
        failed_.add(to, now);
    return true;
}

net::task<dial_result> dialer::dial_address(const dial_request& wanted, snat::tuple_destination to)
{
    if (wanted.from.source() != nullptr) co_return co_await dial_from_sources(wanted, to);
    if (wanted.from.transparent() != conf::transparency::off) co_return co_await dial_as_client(wanted, to);
    const net::socket_address remote = net::to_socket_address(to.ip, to.port);
    connection made(where_);
    const int fd = open_socket(made, remote.family(), wanted.options);
    if (fd < 0) co_return metrics::dial_failure::no_resources;
    net::error_code error;
    narrow_port_choice(fd, widest_range);
    if (begin_connect(fd, remote, error)) error = co_await finish_connect(wanted, made.stream);
    if (error) co_return classify(error);
    co_return made;
}

net::task<dial_result> dialer::dial_from_sources(const dial_request& wanted, snat::tuple_destination to)
{
    const net::socket_address remote = net::to_socket_address(to.ip, to.port);
    snat::tuple_search search(*wanted.from.source(), to);
    metrics::dial_failure failure = metrics::dial_failure::ports_exhausted;
    for (;;) {
        const auto now = std::chrono::steady_clock::now();
        connection made(where_);
        auto tuple = search.next(now);
        if (!tuple) {
            report_exhaustion(wanted.from, to);
            break;
        }
        const int fd = open_socket(made, remote.family(), wanted.options);
        net::error_code error;
        const started how = fd < 0 ? started::failed : begin_from(fd, *tuple, remote, error);
        if (how == started::port_taken || how == started::source_unfit) {
            made.stream.close();
            how == started::port_taken ? search.found_in_foreign_use(std::move(*tuple), now)
                                       : search.found_source_unusable(std::move(*tuple), now);
            continue;
        }
        made.source = std::move(*tuple);
        if (how == started::connecting) error = co_await finish_connect(wanted, made.stream);
        failure = fd < 0 ? metrics::dial_failure::no_resources : classify(error);
        if (how == started::failed || error) break;
        wanted.cells.foreign_ports.add(search.foreign_ports());
        wanted.cells.source_failovers.add(search.failovers());
        co_return made;
    }
    wanted.cells.foreign_ports.add(search.foreign_ports());
    wanted.cells.source_failovers.add(search.failovers());
    co_return failure;
}

net::task<dial_result> dialer::dial_as_client(const dial_request& wanted, snat::tuple_destination to)
{
    const net::socket_address remote = net::to_socket_address(to.ip, to.port);
    net::ip_port client = *wanted.ends.client;
    if (wanted.from.transparent() != conf::transparency::address_and_port) client.port = 0;
    for (;;) {
        connection made(where_);
        const int fd = open_socket(made, remote.family(), wanted.options);
        if (fd < 0) co_return metrics::dial_failure::no_resources;
        net::error_code error;
        const started how = begin_as_client(fd, client, remote, error);
        if (how == started::port_taken && client.port != 0) {
            client.port = 0; // the client has this port towards another of our listeners
            continue;
        }
        if (how == started::connecting) error = co_await finish_connect(wanted, made.stream);
        if (!error) co_return made;
        const bool is_silent = how == started::connecting && !is_told(wanted.stop) &&
                               classify(error) == metrics::dial_failure::timeout;
        if (is_silent && reports_.next(std::chrono::steady_clock::now()))
            spdlog::warn("pool {}: {} does not answer the client's address {}; are the rules installed that "
                         "`fairlead plan` prints, and does the backend's way back lead here?",
                         wanted.from.name(), snat::to_string(to), conf::to_string(client.ip));
        co_return how == started::connecting || how == started::port_taken
            ? classify(error)
            : metrics::dial_failure::no_client_address;
    }
}

// The same, as TLS where the pool has it.
net::task<dial_result> dialer::secure(const dial_request& wanted, const backend& to, dial_result dialled)
{
    if (dialled.has_error() || wanted.from.tls() == nullptr) co_return dialled;
    if (is_told(wanted.stop)) co_return metrics::dial_failure::other;
    const dial_stop::watched watched(wanted.stop, dialled->stream);
    const backend_handshakes::manner how{wanted.before_tls, wanted.stop};
    const std::optional<tls::fault> failed = co_await handshakes_.shake(*dialled, wanted.from, to, how);
    if (!failed) co_return dialled;
    if (wanted.tls_fault != nullptr) *wanted.tls_fault = failed;
    co_return metrics::dial_failure::tls;
}

void dialer::report_exhaustion(const pool& from, const snat::tuple_destination& to)
{
    if (!reports_.next(std::chrono::steady_clock::now())) return;
    spdlog::warn("pool {}: no source port is free towards {}; add source addresses or widen its ports",
                 from.name(), snat::to_string(to));
}

// A TCP socket in `made`, with the options set; its descriptor, or -1.
int dialer::open_socket(connection& made, int family, const conf::socket_options& options) noexcept
{
    const int fd = open_descriptor(family);
    if (fd < 0) return -1;
    if (made.stream.assign(fd)) {
        ::close(fd);
        return -1;
    }
    net::apply(options, fd, family);
    return fd;
}

// -1: there is none, or none but those that are left to others.
int dialer::open_descriptor(int family) noexcept
{
    const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && room_.has(fd)) return fd;
    was_short_ = true;
    if (fd >= 0) ::close(fd);
    return -1;
}

net::task<dial_result> dialer::dial_unix(const dial_request& wanted, const std::string& path)
{
    const auto remote = net::to_socket_address(path);
    if (!remote) co_return metrics::dial_failure::unresolved;
    const int fd = open_descriptor(AF_UNIX);
    if (fd < 0) co_return metrics::dial_failure::no_resources;
    connection made(where_);
    net::error_code error;
    if (made.stream.assign(fd)) {
        ::close(fd);
        co_return metrics::dial_failure::no_resources;
    }
    if (begin_connect(fd, *remote, error)) error = co_await finish_connect(wanted, made.stream);
    if (error) co_return classify(error);
    co_return made;
}

net::task<net::error_code> dialer::finish_connect(const dial_request& wanted, net::stream& pending)
{
    net::deadline limit(wheel_);
    limit.guard(&pending.lowest_layer());
    limit.arm(wanted.from.connect_timeout());
    const dial_stop::watched watched(wanted.stop, pending);
    co_return co_await pending.connected();
}

} // namespace fairlead::upstream
