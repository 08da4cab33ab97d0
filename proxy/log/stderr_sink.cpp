#include "proxy/log/stderr_sink.hpp"

#include <algorithm>
#include <climits>

#include <poll.h>
#include <unistd.h>

namespace fairlead::log {

void stderr_sink::sink_it_(const spdlog::details::log_msg& message)
{
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
    const std::size_t size = std::min<std::size_t>(line.size(), PIPE_BUF);
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), size);
}

} // namespace fairlead::log
