// The admin listener: accepts connections on the main thread, for the pages of admin_pages.
//
// At most 64 connections at once; further ones are closed. It has no authentication: bind it to loopback or a
// private network. Thread: the main thread's io_context. Lifetime: the io_context, the metrics and the
// process outlive it; what connections are open then end with the io_context. Errors at construction:
// boost::system::system_error naming the address.
#pragma once

#include "conf/values.hpp"
#include "metrics/registry.hpp"
#include "proxy/admin/connection_services.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/server/listening_socket.hpp"
#include "proxy/server/process_control.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace fairlead::server {

class admin_server
{
public:
    // Without a `process` there is nothing to control: those pages are not there.
    admin_server(net::asio::io_context& io, const conf::endpoint& address, const metrics::registry& metrics,
                 process_control* process = nullptr);
    admin_server(const admin_server&) = delete;
    admin_server& operator=(const admin_server&) = delete;

    // Before the io_context stops: streams end in order at its next turn.
    void finish_streams();

private:
    using timer =
        net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

    void wait();
    bool accept_one();
    void look_after_deadlines();

    net::asio::io_context& io_;
    net::asio::posix::basic_stream_descriptor<net::executor> socket_;
    timer pause_;
    timer ticker_;
    bool is_ticking_ = false;
    // Shared with the connections: their coroutines may be destroyed with the io_context, after this object.
    std::shared_ptr<admin::connection_services> services_;
    std::shared_ptr<std::size_t> open_ = std::make_shared<std::size_t>(0);
};

} // namespace fairlead::server
