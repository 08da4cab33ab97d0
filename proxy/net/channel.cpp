#include "proxy/net/channel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <unistd.h>

namespace fairlead::net {

channel& channel::operator=(channel&& other) noexcept
{
    if (this == &other) return *this;
    close();
    set_ = other.set_;
    state_ = std::exchange(other.state_, nullptr);
    return *this;
}

error_code channel::assign(int fd)
{
    close();
    error_code error;
    state_ = set_->add(fd, error);
    return error;
}

int channel::release() noexcept
{
    if (state_ == nullptr) return -1;
    const int fd = state_->fd;
    set_->remove(std::exchange(state_, nullptr));
    return fd;
}

void channel::close() noexcept
{
    if (state_ != nullptr) ::close(release());
}

void channel::wait(wait_type what, readiness::handler&& waiter)
{
    if (state_ != nullptr) {
        set_->wait(*state_, what, std::move(waiter));
        return;
    }
    asio::post(set_->where(), [waiter = std::move(waiter)]() mutable {
        std::move(waiter)(error_code(asio::error::operation_aborted));
    });
}

} // namespace fairlead::net
