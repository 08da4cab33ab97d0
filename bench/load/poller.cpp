#include "bench/load/poller.hpp"

#include <algorithm>
#include <cerrno>
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
    for (;;) {
        int timeout_ms = -1;
        if (deadline_) {
            const auto left = *deadline_ - std::chrono::steady_clock::now();
            if (left <= left.zero()) throw std::runtime_error{"the run did not end before its deadline"};
            timeout_ms = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
        }
        const int count =
            ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
        if (count > 0) return {events_.data(), static_cast<std::size_t>(count)};
        if (count < 0 && errno != EINTR)
            throw std::system_error{errno, std::generic_category(), "epoll_wait"};
    }
}

} // namespace fairlead::bench
