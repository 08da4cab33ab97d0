#include "proxy/server/log_reopening.hpp"

#include <spdlog/spdlog.h>

#include <csignal>
#include <utility>

namespace fairlead::server {

log_reopening::log_reopening(net::asio::io_context& io, std::vector<log::line_writer*> writers)
    : asked_(io, SIGUSR1)
    , writers_(std::move(writers))
{
    wait();
}

void log_reopening::wait()
{
    asked_.async_wait([this](const net::error_code& error, int) {
        if (error) return;
        for (log::line_writer* const each : writers_)
            each->reopen();
        spdlog::info("SIGUSR1: opening the files of the logs again");
        wait();
    });
}

} // namespace fairlead::server
