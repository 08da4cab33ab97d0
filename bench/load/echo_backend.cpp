// The server behind every proxy of a run, on as many addresses as there are proxies.
#include "bench/load/backend_connection.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/subcommands.hpp"
#include "bench/load/tcp.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <unordered_map>

namespace fairlead::bench {

namespace {

class echo_backend
{
public:
    explicit echo_backend(const std::vector<std::string>& addresses)
    {
        for (const auto& address : addresses)
            listeners_.push_back(std::make_unique<descriptor>(listen_on(parse_loopback_address(address))));
        for (const auto& listener : listeners_)
            events_.add(listener->get(), listener.get());
    }

    [[noreturn]] void serve()
    {
        for (;;)
            for (const auto& event : events_.wait()) {
                const auto listener = std::ranges::find(listeners_, event.data.ptr,
                                                        [](const auto& each) -> void* { return each.get(); });
                if (listener != listeners_.end())
                    accept_all(**listener);
                else
                    advance(static_cast<backend_connection*>(event.data.ptr), event.events);
            }
    }

private:
    void accept_all(const descriptor& listener)
    {
        for (descriptor socket = accept_from(listener); socket.is_open(); socket = accept_from(listener)) {
            const int fd = socket.get();
            auto connection = std::make_unique<backend_connection>(std::move(socket));
            events_.add(fd, connection.get());
            connections_.emplace(connection.get(), std::move(connection));
        }
    }

    void advance(backend_connection* connection, std::uint32_t epoll_events)
    {
        if (!connection->on_event(epoll_events, scratch_, reply_)) connections_.erase(connection);
    }

    poller events_{std::nullopt};
    std::vector<std::unique_ptr<descriptor>> listeners_;
    std::unordered_map<backend_connection*, std::unique_ptr<backend_connection>> connections_;
    std::vector<char> scratch_ = std::vector<char>(scratch_bytes);
    std::string reply_;
};

} // namespace

void run_echo_backend(arguments& options)
{
    const auto addresses = options.texts("--listen");
    options.reject_unknown();
    if (addresses.empty()) throw std::invalid_argument{"--listen is required"};
    echo_backend backend{addresses};
    std::printf("{\"listening\": %zu}\n", addresses.size());
    std::fflush(stdout);
    backend.serve();
}

} // namespace fairlead::bench
