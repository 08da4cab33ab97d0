// Many open tunnels that say nothing, while somebody else reads the memory of the proxy.
//
// Prints a line when all are open, then obeys lines on stdin: "echo BYTES" sends one message on every tunnel
// and proves that each still works, "quit" ends. While it waits, a byte or an end on any tunnel is an error.
#include "bench/load/measurement.hpp"
#include "bench/load/subcommands.hpp"
#include "bench/load/tcp.hpp"
#include "bench/load/websocket_client.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

namespace fairlead::bench {

namespace {

class idle_tunnels
{
public:
    idle_tunnels(const sockaddr_in& target, std::uint64_t count, std::uint64_t in_flight, poller& events)
        : target_{target}
        , count_{count}
        , in_flight_{std::min(in_flight, count)}
        , events_{events}
    {
        events_.add(STDIN_FILENO, &stdin_tag_);
    }

    void open()
    {
        for (std::uint64_t i = 0; i < in_flight_; ++i)
            dial();
        for (std::uint64_t opened = 0; opened < count_;)
            for (const auto& event : events_.wait()) {
                if (advance(event) != websocket_client::progress::opened) continue;
                ++opened;
                if (clients_.size() < count_) dial();
            }
    }

    void echo(std::size_t payload_bytes)
    {
        echo_message message{payload_bytes};
        std::size_t sent = 0;
        while (sent < in_flight_)
            clients_[sent++]->send_message(message);
        for (std::uint64_t echoed = 0; echoed < count_;)
            for (const auto& event : events_.wait()) {
                if (advance(event) != websocket_client::progress::echoed) continue;
                ++echoed;
                if (sent < count_) clients_[sent++]->send_message(message);
            }
    }

    void wait_for_stdin()
    {
        while (!stdin_ready_)
            for (const auto& event : events_.wait())
                static_cast<void>(advance(event));
        stdin_ready_ = false;
    }

    void reset_all()
    {
        for (auto& client : clients_)
            client->reset();
    }

private:
    void dial() { clients_.push_back(std::make_unique<websocket_client>(target_, clients_.size(), events_)); }

    websocket_client::progress advance(const epoll_event& event)
    {
        if (event.data.ptr != &stdin_tag_)
            return static_cast<websocket_client*>(event.data.ptr)->on_event(event.events, scratch_);
        stdin_ready_ = true;
        return websocket_client::progress::none;
    }

    sockaddr_in target_;
    std::uint64_t count_;
    std::uint64_t in_flight_;
    poller& events_;
    char stdin_tag_ = 0;
    bool stdin_ready_ = false;
    std::vector<char> scratch_ = std::vector<char>(scratch_bytes);
    std::vector<std::unique_ptr<websocket_client>> clients_;
};

void report(const char* what, std::uint64_t count)
{
    std::printf("{\"%s\": %lu}\n", what, count);
    std::fflush(stdout);
}

} // namespace

void run_idle(arguments& options)
{
    const auto target = parse_loopback_address(options.text("--target"));
    const auto count = options.number("--count", {.preset = 9'000, .lowest = 1, .highest = max_connections});
    const auto in_flight = options.number("--in-flight", {.preset = 100, .lowest = 1, .highest = 1'000});
    poller events{deadline_of(options)};
    options.reject_unknown();

    idle_tunnels tunnels{target, count, in_flight, events};
    tunnels.open();
    report("opened", count);
    for (std::string word; tunnels.wait_for_stdin(), std::cin >> word && word != "quit";) {
        std::size_t payload_bytes = 0;
        if (word != "echo" || !(std::cin >> payload_bytes))
            throw std::invalid_argument{"unknown command " + word};
        tunnels.echo(payload_bytes);
        report("echoed", count);
    }
    tunnels.reset_all();
}

} // namespace fairlead::bench
