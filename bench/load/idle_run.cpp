// Many open tunnels that say nothing, while somebody else reads the memory of the proxy.
//
// Prints a line when all are open, then obeys lines on stdin: "echo BYTES" sends one message on every tunnel
// and proves that each still works, "open N" opens more, "probe N" opens more one by one and prints how long
// each took, "quit" ends. While it waits, a byte or an end on any tunnel is an error. With --source, as many
// tunnels as per_source come from that address, the next from the one after it, and so on.
#include "bench/load/measurement.hpp"
#include "bench/load/subcommands.hpp"
#include "bench/load/tcp.hpp"
#include "bench/load/websocket_client.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include <arpa/inet.h>

namespace fairlead::bench {

namespace {

class idle_tunnels
{
public:
    struct ends
    {
        sockaddr_in target;
        std::optional<sockaddr_in> source;
    };

    idle_tunnels(const ends& between, std::uint64_t in_flight, poller& events)
        : between_{between}
        , in_flight_{in_flight}
        , events_{events}
    {
        events_.add(STDIN_FILENO, &stdin_tag_);
    }

    std::uint64_t count() const noexcept { return clients_.size(); }

    void open(std::uint64_t more)
    {
        const std::uint64_t wanted = count() + more;
        for (std::uint64_t i = 0; i < std::min(in_flight_, more); ++i)
            dial();
        for (std::uint64_t opened = 0; opened < more;)
            for (const auto& event : events_.wait()) {
                if (advance(event) != websocket_client::progress::opened) continue;
                ++opened;
                if (count() < wanted) dial();
            }
    }

    // Nanoseconds of each, from before connect() to the 101.
    std::vector<std::int64_t> probe(std::uint64_t more)
    {
        std::vector<std::int64_t> took_ns;
        for (std::uint64_t i = 0; i < more; ++i) {
            const auto begun = std::chrono::steady_clock::now();
            open(1);
            const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begun;
            took_ns.push_back(took.count());
        }
        return took_ns;
    }

    void echo(std::size_t payload_bytes)
    {
        echo_message message{payload_bytes};
        std::size_t sent = 0;
        while (sent < std::min<std::uint64_t>(in_flight_, count()))
            clients_[sent++]->send_message(message);
        for (std::uint64_t echoed = 0; echoed < count();)
            for (const auto& event : events_.wait()) {
                if (advance(event) != websocket_client::progress::echoed) continue;
                ++echoed;
                if (sent < count()) clients_[sent++]->send_message(message);
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
    void dial()
    {
        auto source = between_.source;
        if (source)
            source->sin_addr.s_addr =
                htonl(ntohl(source->sin_addr.s_addr) + static_cast<std::uint32_t>(count() / per_source));
        clients_.push_back(std::make_unique<websocket_client>(between_.target, count(), events_, source));
    }

    websocket_client::progress advance(const epoll_event& event)
    {
        if (event.data.ptr != &stdin_tag_)
            return static_cast<websocket_client*>(event.data.ptr)->on_event(event.events, scratch_);
        stdin_ready_ = true;
        return websocket_client::progress::none;
    }

    static constexpr std::uint64_t per_source = 500;

    ends between_;
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

void report(const std::vector<std::int64_t>& took_ns)
{
    std::printf("{\"took_ns\": [");
    for (std::size_t i = 0; i < took_ns.size(); ++i)
        std::printf(i == 0 ? "%ld" : ", %ld", took_ns[i]);
    std::printf("]}\n");
    std::fflush(stdout);
}

void obey(idle_tunnels& tunnels, const std::string& word)
{
    std::uint64_t number = 0;
    const bool is_known = word == "echo" || word == "open" || word == "probe";
    if (!is_known || !(std::cin >> number)) throw std::invalid_argument{"unknown command " + word};
    if (word == "probe") {
        report(tunnels.probe(number));
    } else if (word == "open") {
        tunnels.open(number);
        report("opened", number);
    } else {
        tunnels.echo(number);
        report("echoed", tunnels.count());
    }
}

} // namespace

void run_idle(arguments& options)
{
    idle_tunnels::ends between{parse_loopback_address(options.text("--target")), std::nullopt};
    if (const auto source = options.texts("--source"); !source.empty()) {
        between.source = parse_loopback_address(source.back() + ":1");
        between.source->sin_port = 0;
    }
    const auto count = options.number("--count", {.preset = 9'000, .lowest = 1, .highest = max_connections});
    const auto in_flight = options.number("--in-flight", {.preset = 100, .lowest = 1, .highest = 1'000});
    poller events{deadline_of(options)};
    options.reject_unknown();

    idle_tunnels tunnels{between, in_flight, events};
    tunnels.open(count);
    report("opened", count);
    for (std::string word; tunnels.wait_for_stdin(), std::cin >> word && word != "quit";)
        obey(tunnels, word);
    tunnels.reset_all();
}

} // namespace fairlead::bench
