// Writes finished log lines to a file or standard stream from a thread of its own, so that no worker waits
// for a disk.
//
// Workers hand over whole buffers by swap, under a mutex held for a few instructions. Bound: 8 MiB wait at
// most; lines beyond that are dropped and counted. A failing write drops its lines and is told once per
// minute on stderr.
// Thread: submit() any; constructor and destructor the owner's. The destructor writes what waits, for two
// seconds at most: a reader that has stopped does not hold the process.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace fairlead::log {

class line_writer
{
public:
    // "stdout", "stderr", "off" or a path that is opened for appending. Throws std::system_error when it
    // cannot be.
    explicit line_writer(const std::string& target);
    line_writer(const line_writer&) = delete;
    line_writer& operator=(const line_writer&) = delete;
    ~line_writer();

    bool is_off() const noexcept { return fd_ < 0; }

    // Takes the lines and leaves `lines` empty. False when they were dropped.
    bool submit(std::string& lines) noexcept;

private:
    bool append(const std::string& lines) noexcept;
    void run();
    void write_all(std::string_view lines);
    bool wait_until_writable();
    void report(int error);

    int fd_ = -1;
    bool owns_fd_ = false;
    std::size_t write_bytes_ = 0; // the most that one write() may take without blocking
    std::mutex mutex_;
    std::condition_variable wake_;
    std::string waiting_;
    std::atomic<bool> is_stopping_ = false;
    std::chrono::steady_clock::time_point next_report_;
    std::chrono::milliseconds waited_while_stopping_{0}; // for a reader, in all
    std::thread thread_;
};

} // namespace fairlead::log
