// Writes finished log lines to a file or standard stream from a thread of its own, so that no worker waits
// for a disk.
//
// Whoever has lines hands over whole buffers by swap, under a mutex held for a few instructions. Bound: 8 MiB
// wait at most. Lines beyond that, and lines that the disk does not take, are dropped and counted; what was
// lost is told once a minute. A line is written whole: when only a part of it went out, its rest comes before
// anything else.
//
//   rename the file, reopen() ─► lines of before go to the old file, those of after to a new one; a path that
//                                cannot be opened leaves the old file in use
//
// Thread: submit(), reopen() and the counts any; all else the owner's. The end writes what waits, for two
// seconds at most: a reader that has stopped does not hold the process.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace fairlead::log {

class line_writer
{
public:
    // Is told of trouble on the writer's thread: "access log: No space left on device; lines are lost".
    using trouble = std::function<void(const std::string& what)>;

    // "stdout", "stderr", "off" or a path that is opened for appending; `name` is what messages call it.
    // Throws std::system_error when it cannot be opened.
    line_writer(const std::string& target, std::string name, trouble tell);
    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;
    ~line_writer();

    bool is_off() const noexcept { return is_off_; }
    bool is_terminal() const noexcept;

    // Takes the lines and leaves `lines` empty. False when they were dropped, which is counted.
    bool submit(std::string& lines) noexcept;

    // Of a line that could not even be made.
    void count_dropped(std::uint64_t lines) noexcept { dropped_.fetch_add(lines, std::memory_order_relaxed); }
    std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

    // What was submitted before goes to the file that is open, what comes after to what the path is then; a
    // standard stream stays.
    void reopen() noexcept;

    // Waits until what was asked for is done, at most so long.
    void flush(std::chrono::milliseconds most);

    // Writes what waits, as the destructor does; what is submitted from now on is dropped.
    void finish() noexcept;

private:
    bool append(const std::string& lines) noexcept;
    void run();
    void write_all(std::string_view lines);
    std::string_view write_some(std::string_view lines);
    void drop(std::string_view lines);
    bool wait_until_writable();
    void open_again();
    void report(const std::string& what);

    const bool is_off_;
    const std::string name_;
    const std::string path_; // of a file; else empty
    const trouble tell_;
    int fd_ = -1;                 // the writer's thread's, once that runs
    std::size_t write_bytes_ = 0; // the most that one write() may take without blocking
    std::string rest_;            // of a line that is out in part
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable written_;
    std::string waiting_;
    bool is_writing_ = false;
    std::optional<std::size_t> reopen_at_; // the path is to be opened anew behind so much of what waits
    std::atomic<bool> is_stopping_ = false;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::chrono::steady_clock::time_point next_report_;
    std::chrono::milliseconds waited_while_stopping_{0}; // for a reader, in all
    std::thread thread_;
};

} // namespace fairlead::log
