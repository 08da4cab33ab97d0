// One non-blocking descriptor of a worker, a connected stream, TCP or Unix: waited for by `readiness`,
// closed by its destructor. It reads and writes nothing itself; who does tells it what the kernel said, so
// that nobody asks twice.
//
// Movable while nothing waits. A wait that begins when the descriptor is ready completes soon, too. Errors
// of a wait: operation_aborted when it was cancelled or closed. Thread: the worker's.
#pragma once

#include "proxy/net/readiness.hpp"

#include <boost/asio/async_result.hpp>

#include <utility>

namespace fairlead::net {

class channel
{
public:
    static constexpr wait_type wait_read = asio::socket_base::wait_read;
    static constexpr wait_type wait_write = asio::socket_base::wait_write;

    explicit channel(const executor& where)
        : set_(&readiness::of(where))
    {}
    channel(channel&& other) noexcept
        : set_(other.set_)
        , state_(std::exchange(other.state_, nullptr))
    {}
    channel& operator=(channel&& other) noexcept;
    ~channel() { close(); }

    // Takes the descriptor; with an error it stays the caller's.
    error_code assign(int fd);
    int release() noexcept; // the caller's again, -1: there is none; what waits is cancelled
    void close() noexcept;
    void cancel() noexcept
    {
        if (state_ != nullptr) set_->cancel(*state_);
    }

    bool is_open() const noexcept { return state_ != nullptr; }
    int native_handle() const noexcept { return state_ != nullptr ? state_->fd : -1; }
    executor get_executor() const noexcept { return set_->where(); }

    // As far as it is known without asking the kernel; a channel that is closed can do both, and fails.
    bool can_read() const noexcept { return state_ == nullptr || state_->can_read; }
    bool can_write() const noexcept { return state_ == nullptr || state_->can_write; }

    // What the kernel said. Less than there was room for is all there was, unless the end is near and
    // behind it.
    void note_no_more_to_read() noexcept
    {
        if (state_ != nullptr) state_->can_read = false;
    }
    void note_short_read() noexcept
    {
        if (state_ != nullptr && !state_->has_hung_up) state_->can_read = false;
    }
    void note_no_room() noexcept
    {
        if (state_ != nullptr) state_->can_write = false;
    }
    // For whoever cannot know what the kernel said last, such as a library: one system call.
    void look_again() noexcept
    {
        if (state_ != nullptr) set_->look_again(*state_);
    }

    template <class Token>
    auto async_wait(wait_type what, Token&& token)
    {
        return asio::async_initiate<Token, void(error_code)>(begin_wait{this, what}, token);
    }

private:
    // Trivially copyable on purpose: g++ 12 destroys other temporaries of a co_await twice.
    struct begin_wait
    {
        channel* self;
        wait_type what;
        template <class Handler>
        void operator()(Handler&& waiter) const
        {
            self->wait(what, readiness::handler(std::forward<Handler>(waiter)));
        }
    };

    void wait(wait_type what, readiness::handler&& waiter);

    readiness* set_;
    readiness::entry* state_ = nullptr;
};

} // namespace fairlead::net
