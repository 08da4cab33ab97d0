#include "proxy/server/listener.hpp"

#include "proxy/http/arrival.hpp"
#include "proxy/http/https_redirect.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/memory_account.hpp"
#include "proxy/net/socket_options.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <cerrno>
#include <chrono>
#include <new>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

// Of one wake, whichever comes first: then those who are connected have their turn.
constexpr int accepts_per_wake = 64;
constexpr std::chrono::microseconds accept_time{200};
constexpr net::milliseconds_count pause_ms = 100;

} // namespace

listener::listener(conf::listen_options options, watched_socket socket, http::session_services& services)
    : options_(std::move(options))
    , socket_(services.executor, socket.fd.release())
    , queue_(std::move(socket.queue))
    , services_(services)
    , point_(services.points.obtain(options_.address.text))
    , pause_(*this)
    , is_unix_(net::local_of(socket_.native_handle()).family() == AF_UNIX)
{
    adopt_options();
    inherit(services_.current->shared->config.socket);
    wait();
}

listener::~listener() = default;

void listener::wait()
{
    socket_.async_wait(net::asio::posix::descriptor_base::wait_read, [this](const net::error_code& error) {
        if (!error) accept_some();
    });
}

void listener::accept_some()
{
    accepted last = accepted::one;
    const auto end = std::chrono::steady_clock::now() + accept_time;
    try {
        for (int count = 0; count < accepts_per_wake && last == accepted::one; ++count) {
            if (count > 0 && std::chrono::steady_clock::now() >= end) break;
            last = accept_one();
        }
    } catch (const std::bad_alloc&) {
        services_.shard.own().exceptions[metrics::exception_cost::session].add();
        last = accepted::no_resources; // that connection is lost; the listener is not
    }
    if (last != accepted::no_resources) {
        wait();
        return;
    }
    services_.shard.own().accept_pauses.add();
    services_.wheel.arm(pause_, net::steady_now_ms(), pause_ms);
}

void listener::pause::on_due(net::wheel_entry& entry) noexcept { static_cast<pause&>(entry).owner.wait(); }

// Asked by taking the next one and giving it back, as the kernel gives the lowest that is free.
bool listener::has_room() noexcept
{
    const int next = ::fcntl(socket_.native_handle(), F_DUPFD_CLOEXEC, 0);
    if (next < 0) return false;
    ::close(next);
    is_near_end_ = !room_.has(next);
    return !is_near_end_;
}

listener::accepted listener::accept_one()
{
    if (is_near_end_ && !has_room()) return accepted::no_resources;
    const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        is_near_end_ = !room_.has(fd + 1);
        start_session(fd);
        return accepted::one;
    }
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return accepted::no_resources;
    case EAGAIN: return accepted::none;
    default: return accepted::one; // that connection failed before it was taken (accept(2)); the next may not
    }
}

void listener::start_session(int fd)
{
    metrics::worker_cells& cells = services_.shard.own();
    cells.connections_accepted.add();
    if (net::memory_account::is_full()) {
        net::memory_account::count(metrics::shed::connection);
        ::close(fd);
        return;
    }
    net::stream taken(services_.executor);
    if (taken.assign(fd)) {
        ::close(fd);
        return;
    }
    http::arrival how{net::ends_of(fd), point_};
    if (options_.tls) how.credentials = http::tls_of(*services_.current->shared, address());
    how.has_proxy_header = http::holds(options_.proxy_protocol_from, how.ends.client);
    net::asio::co_spawn(services_.executor, http::serve_client(services_, std::move(taken), how),
                        net::asio::detached);
}

void listener::apply(const conf::listen_options& options, const conf::socket_options& sockets)
{
    options_ = options;
    adopt_options();
    inherit(sockets);
}

// Accepted sockets have the TCP options of the one that listens.
void listener::inherit(const conf::socket_options& options)
{
    const int family = is_unix_ ? AF_UNIX : AF_INET6; // the options are the same for IPv4
    net::apply(options, socket_.native_handle(), family, net::socket_before::in_use);
}

void listener::adopt_options()
{
    point_.upgrades = options_.upgrades;
    point_.redirect_port = options_.redirect_port;
    point_.hsts_line.clear();
    point_.trace_context = options_.trace_context;
    if (options_.tls && options_.tls->hsts) point_.hsts_line = http::hsts_line(*options_.tls->hsts);
}

// Bounded by the queue's length: the worker takes what is there now, and the descriptor ends with it.
void listener::stop()
{
    pause_.cancel();
    if (!socket_.is_open()) return; // it was stopped before
    while (accept_one() == accepted::one) {
    }
    queue_.end();
    net::error_code ignored;
    socket_.close(ignored);
}

} // namespace fairlead::server
