// An edge-triggered epoll set with a deadline for everything that is done with it.
//
// A descriptor leaves the set by being closed. One thread.
// Errors: std::system_error; std::runtime_error when the deadline passes, so that no run hangs.
#pragma once

#include "bench/load/descriptor.hpp"

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <optional>
#include <span>

namespace fairlead::bench {

class poller
{
public:
    // bound: how long from now wait() may be called; nothing is for ever.
    explicit poller(std::optional<std::chrono::seconds> bound);

    // tag comes back in epoll_event::data.ptr.
    void add(int fd, void* tag);

    // Blocks for at least one event. The events are valid until the next call.
    [[nodiscard]] std::span<const epoll_event> wait();

    // The same, but nothing when none came until then.
    [[nodiscard]] std::span<const epoll_event> wait_until(std::chrono::steady_clock::time_point then);

private:
    using time_point = std::chrono::steady_clock::time_point;

    descriptor epoll_;
    std::optional<time_point> deadline_;
    std::array<epoll_event, 256> events_{};
};

} // namespace fairlead::bench
