#include "proxy/log/line_writer.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::log {
namespace {

constexpr std::size_t max_waiting_bytes = 8UL * 1024 * 1024;
constexpr std::chrono::milliseconds poll_time{100};
constexpr std::chrono::milliseconds stop_time{2'000};

// A regular file takes any amount; a pipe that is ready takes PIPE_BUF bytes without blocking (pipe(7)).
std::size_t write_bytes_of(int fd)
{
    struct stat found
    {};
    const bool is_file = ::fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    return is_file ? max_waiting_bytes : PIPE_BUF;
}

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
    write_bytes_ = write_bytes_of(fd_);
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

// Out of memory, they are as too many.
bool line_writer::append(const std::string& lines) noexcept
{
    if (waiting_.size() + lines.size() > max_waiting_bytes) return false;
    try {
        waiting_ += lines;
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }
}

bool line_writer::submit(std::string& lines) noexcept
{
    if (lines.empty()) return true;
    bool taken = true;
    {
        std::lock_guard hold{mutex_};
        if (waiting_.empty())
            waiting_.swap(lines);
        else
            taken = append(lines);
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
        if (!wait_until_writable()) return;
        const ssize_t count = ::write(fd_, lines.data(), std::min(lines.size(), write_bytes_));
        if (count > 0) {
            lines.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR && errno != EAGAIN) {
            report(errno);
            return;
        }
    }
}

// False when the process is ending and nobody has read for too long.
bool line_writer::wait_until_writable()
{
    while (waited_while_stopping_ < stop_time) {
        pollfd ready{fd_, POLLOUT, 0};
        if (::poll(&ready, 1, static_cast<int>(poll_time.count())) != 0) return true;
        if (is_stopping_) waited_while_stopping_ += poll_time;
    }
    return false;
}

void line_writer::report(int error)
{
    const auto now = std::chrono::steady_clock::now();
    if (now < next_report_) return;
    spdlog::error("access log: {}; lines are lost", std::strerror(error));
    next_report_ = now + std::chrono::minutes(1);
}

} // namespace fairlead::log
