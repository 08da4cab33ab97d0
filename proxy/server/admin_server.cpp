#include "proxy/server/admin_server.hpp"

#include "proxy/admin/connection.hpp"
#include "proxy/server/admin_pages.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include <sys/socket.h>

namespace fairlead::server {
namespace {

constexpr std::chrono::milliseconds pause_time{100};

} // namespace

admin_server::admin_server(net::asio::io_context& io, const conf::endpoint& address,
                           const metrics::registry& metrics, process_control* process)
    : io_(io)
    , socket_(io.get_executor(), open_listening_sockets(address, 1, 64).front().release())
    , pause_(io.get_executor())
    , ticker_(io.get_executor())
    , services_(std::make_shared<admin::connection_services>(process_pages(metrics, process)))
{
    wait();
}

void admin_server::wait()
{
    socket_.async_wait(net::asio::posix::descriptor_base::wait_read, [this](const net::error_code& error) {
        if (error) return;
        if (accept_one()) {
            wait();
            return;
        }
        // Out of descriptors: the connection stays in the queue and would wake us again at once.
        pause_.expires_after(pause_time);
        pause_.async_wait([this](const net::error_code& cancelled) {
            if (!cancelled) wait();
        });
    });
}

bool admin_server::accept_one()
{
    owned_fd taken(::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (taken.get() < 0) return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    if (*open_ >= admin::max_connections) return true;
    net::stream client(io_.get_executor());
    if (client.assign(taken.get())) return true;
    (void)taken.release();
    auto one = std::make_shared<admin::connection>(services_, open_, std::move(client));
    net::asio::co_spawn(io_.get_executor(), admin::connection::serve(std::move(one)), net::asio::detached);
    if (!is_ticking_) look_after_deadlines();
    return true;
}

void admin_server::finish_streams()
{
    for (admin::page_stream* each : services_->streams)
        each->finish();
}

// As long as there are connections.
void admin_server::look_after_deadlines()
{
    services_->wheel.advance(net::steady_now_ms());
    is_ticking_ = services_->connections > 0;
    if (!is_ticking_) return;
    ticker_.expires_after(std::chrono::milliseconds(net::timer_wheel::tick));
    ticker_.async_wait([this](const net::error_code& error) {
        if (!error) look_after_deadlines();
    });
}

} // namespace fairlead::server
