#include "bench/load/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>

namespace fairlead::bench {

poller::poller(std::optional<std::chrono::seconds> bound)
    : epoll_{::epoll_create1(EPOLL_CLOEXEC)}
{
    if (!epoll_.is_open()) throw std::system_error{errno, std::generic_category(), "epoll_create1"};
    if (bound) deadline_ = std::chrono::steady_clock::now() + *bound;
}

void poller::add(int fd, void* tag)
{
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = tag}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::system_error{errno, std::generic_category(), "epoll_ctl"};
}

std::span<const epoll_event> poller::wait()
{
    for (;;)
        if (const auto events = wait_until(time_point::max()); !events.empty()) return events;
}

std::span<const epoll_event> poller::wait_until(time_point then)
{
    const auto now = std::chrono::steady_clock::now();
    if (deadline_ && *deadline_ <= now) throw std::runtime_error{"the run did not end before its deadline"};
    const auto end = deadline_ ? std::min(then, *deadline_) : then;
    const std::chrono::nanoseconds left = std::max(end - now, std::chrono::nanoseconds{0});
    const timespec timeout{.tv_sec = left / std::chrono::seconds{1},
                           .tv_nsec = (left % std::chrono::seconds{1}).count()};
    const int count = ::epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                     end == time_point::max() ? nullptr : &timeout, nullptr);
    if (count < 0 && errno != EINTR) throw std::system_error{errno, std::generic_category(), "epoll_pwait2"};
    return {events_.data(), static_cast<std::size_t>(std::max(count, 0))};
}

} // namespace fairlead::bench
