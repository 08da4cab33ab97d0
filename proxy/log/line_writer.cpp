#include "proxy/log/line_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
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

int open_for_appending(const std::string& path)
{
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

std::string path_of(const std::string& target)
{
    return target == "off" || target == "stdout" || target == "stderr" ? "" : target;
}

// Signals are the main thread's.
std::thread start_without_signals(auto run)
{
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    std::thread started(run);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started;
}

} // namespace

line_writer::line_writer(const std::string& target, std::string name, trouble tell)
    : is_off_(target == "off")
    , name_(std::move(name))
    , path_(path_of(target))
    , tell_(std::move(tell))
{
    if (is_off_) return;
    if (path_.empty()) {
        fd_ = target == "stdout" ? STDOUT_FILENO : STDERR_FILENO;
    } else {
        fd_ = open_for_appending(path_);
        if (fd_ < 0)
            throw std::system_error(errno, std::generic_category(),
                                    "cannot open the " + name_ + " '" + path_ + "'");
    }
    write_bytes_ = write_bytes_of(fd_);
    thread_ = start_without_signals([this] { run(); });
}

line_writer::~line_writer()
{
    finish();
    if (!path_.empty()) ::close(fd_);
}

void line_writer::finish() noexcept
{
    if (!thread_.joinable()) return;
    {
        std::lock_guard hold{mutex_};
        is_stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

bool line_writer::is_terminal() const noexcept { return !is_off() && path_.empty() && ::isatty(fd_) == 1; }

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
        if (is_stopping_)
            taken = false;
        else if (waiting_.empty())
            waiting_.swap(lines);
        else
            taken = append(lines);
    }
    if (!taken) count_dropped(static_cast<std::uint64_t>(std::ranges::count(lines, '\n')));
    lines.clear();
    wake_.notify_one();
    return taken;
}

void line_writer::reopen() noexcept
{
    if (path_.empty()) return;
    {
        std::lock_guard hold{mutex_};
        reopen_at_ = waiting_.size();
    }
    wake_.notify_one();
}

void line_writer::flush(std::chrono::milliseconds most)
{
    std::unique_lock hold{mutex_};
    written_.wait_for(hold, most, [this] { return waiting_.empty() && !reopen_at_ && !is_writing_; });
}

void line_writer::run()
{
    std::string writing;
    for (;;) {
        std::optional<std::size_t> reopen_at;
        {
            std::unique_lock hold{mutex_};
            is_writing_ = false;
            if (waiting_.empty() && !reopen_at_) written_.notify_all();
            wake_.wait(hold, [this] { return is_stopping_ || reopen_at_ || !waiting_.empty(); });
            if (waiting_.empty() && !reopen_at_) return;
            reopen_at = std::exchange(reopen_at_, std::nullopt);
            is_writing_ = true;
            writing.swap(waiting_);
        }
        const std::size_t before = reopen_at.value_or(writing.size());
        write_all(std::string_view(writing).substr(0, before));
        if (reopen_at) open_again();
        write_all(std::string_view(writing).substr(before));
        writing.clear();
    }
}

// What cannot be written is lost, but for the rest of a line whose beginning is out.
void line_writer::write_all(std::string_view lines)
{
    if (!rest_.empty()) {
        const std::string_view left = write_some(rest_);
        rest_.erase(0, rest_.size() - left.size());
    }
    if (!rest_.empty()) return drop(lines);
    const std::string_view left = write_some(lines);
    if (left.empty()) return;
    const bool is_at_line = left.size() == lines.size() || *(left.data() - 1) == '\n';
    const std::size_t rest = is_at_line ? 0 : std::min(left.find('\n'), left.size() - 1) + 1;
    rest_.assign(left.substr(0, rest));
    drop(left.substr(rest));
}

// Returns what was not taken.
std::string_view line_writer::write_some(std::string_view lines)
{
    while (!lines.empty()) {
        if (!wait_until_writable()) return lines;
        const ssize_t count = ::write(fd_, lines.data(), std::min(lines.size(), write_bytes_));
        if (count > 0) {
            lines.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR && errno != EAGAIN) {
            report(std::string(std::strerror(errno)) + "; lines are lost");
            return lines;
        }
    }
    return lines;
}

void line_writer::drop(std::string_view lines)
{
    count_dropped(static_cast<std::uint64_t>(std::ranges::count(lines, '\n')));
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

// The rest of a line belongs to the file that has its beginning.
void line_writer::open_again()
{
    const int fresh = open_for_appending(path_);
    if (fresh < 0) {
        next_report_ = {};
        report("cannot open '" + path_ + "' again: " + std::strerror(errno) + "; the old file stays in use");
        return;
    }
    if (!rest_.empty() && !write_some(rest_).empty()) count_dropped(1);
    rest_.clear();
    ::close(fd_);
    fd_ = fresh;
    write_bytes_ = write_bytes_of(fd_);
}

void line_writer::report(const std::string& what)
{
    const auto now = std::chrono::steady_clock::now();
    if (now < next_report_) return;
    next_report_ = now + std::chrono::minutes(1);
    tell_(name_ + ": " + what);
}

} // namespace fairlead::log
