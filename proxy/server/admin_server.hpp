// The admin listener: /metrics, /healthz, /readyz and the pages of admin_control, on the main thread.
//
//   /metrics  everything that is counted, for Prometheus
//   /healthz  200 while the process runs its main loop
//   /readyz   200 while it takes connections, 503 before and while it drains
// It is a control plane: Beast's own parser and serializer, at most 64 connections, 10 s for each request,
// of at most 4 KiB body. It has no authentication: bind it to loopback or a private network. Thread: the
// main thread's io_context. Lifetime: the io_context, the metrics and the process outlive it; what
// connections are open then end with the io_context. Errors at construction: boost::system::system_error
// naming the address.
#pragma once

#include "conf/values.hpp"
#include "metrics/registry.hpp"
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

private:
    void wait();
    bool accept_one();

    net::asio::io_context& io_;
    const metrics::registry& metrics_;
    process_control* process_;
    net::asio::posix::basic_stream_descriptor<net::executor> socket_;
    net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    net::asio::wait_traits<std::chrono::steady_clock>, net::executor>
        pause_;
    bool is_unix_;
    // Shared with the connections: their coroutines may be destroyed with the io_context, after this object.
    std::shared_ptr<std::size_t> connections_ = std::make_shared<std::size_t>(0);
};

} // namespace fairlead::server
