#include "proxy/net/readiness.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <cerrno>
#include <new>
#include <utility>

#include <sys/epoll.h>

namespace fairlead::net {
namespace {

constexpr int events_per_batch = 64;
constexpr int batches_per_wake = 4;
constexpr std::uint32_t watched_events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t ends = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

executor executor_of(asio::execution_context& context)
{
    return static_cast<asio::io_context&>(context).get_executor();
}

int open_set()
{
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
    return fd;
}

epoll_event told_of(readiness::entry& which) noexcept
{
    epoll_event event{};
    event.events = watched_events;
    event.data.ptr = &which;
    return event;
}

} // namespace

asio::execution_context::id readiness::id;

readiness::readiness(asio::execution_context& context)
    : service(context)
    , where_(executor_of(context))
    , epoll_(where_, open_set())
{}

readiness& readiness::of(const executor& where) { return asio::use_service<readiness>(where.context()); }

readiness::entry* readiness::add(int fd, error_code& error)
{
    std::unique_ptr<entry> fresh;
    try {
        fresh = std::make_unique<entry>(fd);
    } catch (const std::bad_alloc&) { // nobody who opens a socket expects one
        error.assign(ENOMEM, boost::system::system_category());
        return nullptr;
    }
    epoll_event event = told_of(*fresh);
    if (::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, fd, &event) != 0) {
        error.assign(errno, boost::system::system_category());
        return nullptr;
    }
    error.clear();
    entries_.push_back(*fresh);
    return fresh.release();
}

void readiness::remove(entry* which) noexcept
{
    cancel(*which);
    epoll_event none{};
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, which->fd, &none);
    entries_.erase(entries_.iterator_to(*which));
    which->is_removed = true;
    if (in_batch_)
        removed_.push_back(*which);
    else
        delete which;
}

void readiness::cancel(entry& which) noexcept
{
    for (auto* const waiters : {&which.readers, &which.writers}) {
        for (handler& each : *waiters) {
            if (!each) continue;
            handler waiter;
            waiter.swap(each);
            --waiting_;
            asio::post(where_, [waiter = std::move(waiter)]() mutable {
                std::move(waiter)(error_code(asio::error::operation_aborted));
            });
        }
    }
    // Else it would keep the io_context at work for nobody.
    if (waiting_ == 0 && is_armed_) {
        error_code ignored;
        epoll_.cancel(ignored);
    }
}

void readiness::look_again(entry& which) noexcept
{
    which.can_read = which.can_write = false;
    epoll_event event = told_of(which);
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, which.fd, &event);
}

void readiness::wait(entry& which, wait_type what, handler&& waiter)
{
    const bool is_read = what == asio::socket_base::wait_read;
    if (is_read ? which.can_read : which.can_write) {
        asio::post(where_, [waiter = std::move(waiter)]() mutable { std::move(waiter)(error_code()); });
        return;
    }
    for (handler& each : is_read ? which.readers : which.writers) {
        if (each) continue;
        each.swap(waiter);
        ++waiting_;
        arm();
        return;
    }
    asio::post(where_, [waiter = std::move(waiter)]() mutable {
        std::move(waiter)(error_code(asio::error::already_started));
    });
}

void readiness::arm()
{
    if (is_armed_ || in_batch_ || waiting_ == 0 || !epoll_.is_open()) return;
    is_armed_ = true;
    epoll_.async_wait(descriptor::wait_read, [this](const error_code& error) {
        is_armed_ = false;
        if (error)
            arm(); // cancelled when nobody waited: somebody may again
        else
            on_readable();
    });
}

void readiness::on_readable()
{
    struct end_of_wake // also when a coroutine threw
    {
        readiness& self;
        ~end_of_wake()
        {
            self.in_batch_ = false;
            self.bury();
            self.arm();
        }
    } last{*this};
    in_batch_ = true;
    std::array<epoll_event, events_per_batch> events;
    for (int batch = 0; batch < batches_per_wake; ++batch) {
        const int count = ::epoll_wait(epoll_.native_handle(), events.data(), events_per_batch, 0);
        if (count <= 0) return;
        run({events.data(), static_cast<std::size_t>(count)});
        if (count < events_per_batch) return;
        bury();
    }
}

void readiness::run(std::span<const epoll_event> events)
{
    for (const epoll_event& event : events) {
        entry& which = *static_cast<entry*>(event.data.ptr);
        if ((event.events & ends) != 0) which.has_hung_up = true;
        if ((event.events & (EPOLLIN | ends)) != 0) which.can_read = true;
        if ((event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) which.can_write = true;
    }
    for (const epoll_event& event : events) {
        entry& which = *static_cast<entry*>(event.data.ptr);
        if (!which.is_removed && which.can_read) resume(which.readers);
        if (!which.is_removed && which.can_write) resume(which.writers);
    }
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void readiness::resume(std::array<handler, 2>& waiters)
{
    std::array<handler, 2> due; // it may wait again, or be gone, when the first comes back
    for (std::size_t i = 0; i < due.size(); ++i) {
        due[i].swap(waiters[i]);
        if (due[i]) --waiting_;
    }
    for (handler& each : due) {
        if (!each) continue;
        try {
            std::move(each)(error_code());
        } catch (...) {
            failure_ = std::current_exception(); // for whoever runs the io_context, when all have been told
        }
    }
}

void readiness::bury() noexcept
{
    removed_.clear_and_dispose([](entry* dead) { delete dead; });
}

// What waits is given up; the channels outlive this, and remove themselves later.
void readiness::shutdown() noexcept
{
    for (entry& each : entries_) {
        for (auto* const waiters : {&each.readers, &each.writers}) {
            for (handler& waiter : *waiters) {
                handler abandoned;
                abandoned.swap(waiter);
            }
        }
    }
    waiting_ = 0;
}

} // namespace fairlead::net
