// Accepts the connections of one admin address, on the main thread: at most 64 at once, further ones are
// closed.
//
// Lifetime: the io_context outlives it; its connections may outlive it. The file of a Unix socket goes with
// it. Thread: the main thread's.
#pragma once

#include "proxy/admin/connection_services.hpp"
#include "proxy/admin/entrance.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/server/listening_socket.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace fairlead::server {

// A file that is removed at its end, unless another has its name by then.
class socket_file
{
public:
    explicit socket_file(std::string path); // empty: there is none
    socket_file(const socket_file&) = delete;
    socket_file& operator=(const socket_file&) = delete;
    ~socket_file();

private:
    bool find(unsigned long long& device, unsigned long long& inode) const;

    std::string path_;
    unsigned long long device_ = 0;
    unsigned long long inode_ = 0;
};

class admin_listener
{
public:
    // What is called for each connection that it takes.
    using opened = std::function<void()>;

    admin_listener(net::asio::io_context& io, owned_fd socket, std::string file,
                   std::shared_ptr<admin::entrance> through,
                   std::shared_ptr<admin::connection_services> services, opened tell);
    admin_listener(const admin_listener&) = delete;
    admin_listener& operator=(const admin_listener&) = delete;

    const std::string& address() const noexcept { return entrance_->address; }

private:
    using timer =
        net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

    void wait();
    bool accept_one();

    net::asio::io_context& io_;
    socket_file file_;
    net::asio::posix::basic_stream_descriptor<net::executor> socket_;
    timer pause_;
    std::shared_ptr<admin::entrance> entrance_;
    std::shared_ptr<admin::connection_services> services_;
    opened tell_;
};

} // namespace fairlead::server
