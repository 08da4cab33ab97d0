// Which listeners a reload opens, and which it closes.
#include "proxy/server/supervisor.hpp"

#include "proxy/server/listening_socket.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace fairlead::server {
namespace {

bool listens_on(const conf::config& config, const std::string& address)
{
    return std::ranges::any_of(config.listeners,
                               [&](const auto& each) { return each.address.text == address; });
}

bool uses_port(const conf::config& config, std::uint16_t port)
{
    return std::ranges::any_of(config.listeners, [&](const auto& each) { return each.address.port == port; });
}

} // namespace

std::vector<supervisor::opened_listener> supervisor::open_added_listeners(const conf::config& next) const
{
    std::vector<opened_listener> added;
    for (const auto& each : next.listeners) {
        if (listens_on(current_->config, each.address.text)) continue;
        const bool may_be_taken =
            next.source.replica.count > 1 || uses_port(current_->config, each.address.port);
        added.push_back(
            {each, open_listening_sockets(each.address, workers_.size(), next.socket.backlog, may_be_taken)});
    }
    return added;
}

void supervisor::move_listeners(std::vector<opened_listener> added, const conf::config& before)
{
    for (auto& one : added) {
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            auto socket = std::make_shared<owned_fd>(std::move(one.sockets[i]));
            workers_[i]->post([options = one.options, socket](worker& self) {
                self.add_listener(options, std::move(*socket));
            });
        }
    }
    for (const auto& each : before.listeners) {
        if (listens_on(current_->config, each.address.text)) continue;
        for (auto& one : workers_)
            one->post([address = each.address.text](worker& self) { self.remove_listener(address); });
    }
}

} // namespace fairlead::server
