#include "proxy/log/line_writer.hpp"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace fairlead::log {
namespace {

constexpr std::size_t max_waiting_bytes = 8 * 1024 * 1024;

} // namespace

line_writer::line_writer(const std::string& target)
{
    if (target == "off") return;
    if (target == "stdout" || target == "stderr") {
        fd_ = target == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
    } else {
        fd_ = ::open(target.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (fd_ < 0)
            throw std::system_error(errno, std::generic_category(),
                                    "cannot open the access log '" + target + "'");
        owns_fd_ = true;
    }
    thread_ = std::thread([this] { run(); });
}

line_writer::~line_writer()
{
    if (!thread_.joinable()) return;
    {
        std::lock_guard hold{mutex_};
        is_stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
    if (owns_fd_) ::close(fd_);
}

bool line_writer::submit(std::string& lines)
{
    if (lines.empty()) return true;
    bool taken = true;
    {
        std::lock_guard hold{mutex_};
        if (waiting_.empty())
            waiting_.swap(lines);
        else if (waiting_.size() + lines.size() <= max_waiting_bytes)
            waiting_ += lines;
        else
            taken = false;
    }
    lines.clear();
    wake_.notify_one();
    return taken;
}

void line_writer::run()
{
    std::string writing;
    for (;;) {
        {
            std::unique_lock hold{mutex_};
            wake_.wait(hold, [this] { return is_stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            writing.swap(waiting_);
        }
        write_all(writing);
        writing.clear();
    }
}

void line_writer::write_all(std::string_view lines)
{
    while (!lines.empty()) {
        const ssize_t count = ::write(fd_, lines.data(), lines.size());
        if (count > 0) {
            lines.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            pollfd ready{fd_, POLLOUT, 0};
            ::poll(&ready, 1, 1000);
        } else if (errno != EINTR) {
            thread_local std::chrono::steady_clock::time_point next_report;
            const auto now = std::chrono::steady_clock::now();
            if (now >= next_report) {
                spdlog::error("access log: {}; lines are lost", std::strerror(errno));
                next_report = now + std::chrono::minutes(1);
            }
            return;
        }
    }
}

} // namespace fairlead::log
