#include "proxy/server/accept_queues.hpp"

#include "proxy/net/tcp_info.hpp"

#include <iterator>
#include <utility>

namespace fairlead::server {

accept_queues::entry::entry(entry&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr))
    , at_(other.at_)
{}

void accept_queues::entry::end() noexcept
{
    if (owner_ == nullptr) return;
    std::lock_guard hold(owner_->mutex_);
    std::exchange(owner_, nullptr)->all_.erase(at_);
}

watched_socket accept_queues::watch(std::string listener, std::size_t worker, owned_fd socket)
{
    std::lock_guard hold(mutex_);
    all_.push_back({std::move(listener), worker, socket.get()});
    return {std::move(socket), entry(*this, std::prev(all_.end()))};
}

std::vector<metrics::accept_queue_state> accept_queues::read() const
{
    std::lock_guard hold(mutex_);
    std::vector<metrics::accept_queue_state> out;
    out.reserve(all_.size());
    for (const watched& each : all_) {
        if (const auto queue = net::accept_queue_of(each.fd))
            out.push_back({each.listener, each.worker, queue->waiting, queue->limit, queue->drops});
    }
    return out;
}

} // namespace fairlead::server
