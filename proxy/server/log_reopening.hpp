// SIGUSR1: the files of logs are opened again, after whoever rotates them has renamed the old ones.
//
// Thread: the io_context's. Lifetime: the writers and the io_context outlive it.
#pragma once

#include "proxy/log/line_writer.hpp"
#include "proxy/net/socket.hpp"

#include <boost/asio/signal_set.hpp>

#include <vector>

namespace fairlead::server {

class log_reopening
{
public:
    log_reopening(net::asio::io_context& io, std::vector<log::line_writer*> writers);
    log_reopening(const log_reopening&) = delete;
    log_reopening& operator=(const log_reopening&) = delete;

private:
    void wait();

    net::asio::signal_set asked_;
    const std::vector<log::line_writer*> writers_;
};

} // namespace fairlead::server
