// Messages over open tunnels, one out on each connection or on some of them: what a relayed message costs.
#include "bench/load/destination.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/subcommands.hpp"
#include "bench/load/websocket_client.hpp"

#include <cstdio>
#include <deque>
#include <memory>

namespace fairlead::bench {

namespace {

struct echo_plan
{
    std::uint64_t connections;
    std::uint64_t in_flight; // messages that are out at once, each on the connection that was silent longest
    std::uint64_t warmup;    // echoes before the measured phase
    std::uint64_t messages;  // echoes in it
};

void say(echo_message& message, std::deque<websocket_client*>& silent)
{
    silent.front()->send_message(message);
    silent.pop_front();
}

void run_echoes(echo_plan plan, const destination& to, echo_message& message, poller& events,
                measurement& measured)
{
    std::vector<char> scratch(scratch_bytes);
    std::vector<std::unique_ptr<websocket_client>> clients;
    for (std::uint64_t i = 0; i < plan.connections; ++i)
        clients.push_back(std::make_unique<websocket_client>(to, i, events));

    std::deque<websocket_client*> silent;
    for (const auto& each : clients)
        silent.push_back(each.get());
    std::uint64_t opened = 0;
    std::uint64_t echoed = 0;
    while (echoed < plan.warmup + plan.messages) {
        for (const auto& event : events.wait()) {
            auto& client = *static_cast<websocket_client*>(event.data.ptr);
            const auto made = client.on_event(event.events, scratch);
            if (made == websocket_client::progress::opened && ++opened == plan.connections)
                for (std::uint64_t i = 0; i < plan.in_flight; ++i)
                    say(message, silent);
            if (made != websocket_client::progress::echoed) continue;
            if (++echoed == plan.warmup) measured.start();
            if (echoed == plan.warmup + plan.messages) measured.stop();
            silent.push_back(&client);
            say(message, silent);
        }
    }
    for (auto& client : clients)
        client->reset();
}

} // namespace

void run_echo(arguments& options)
{
    const auto tls = tls_client::of(options);
    const destination to{.address = parse_loopback_address(options.text("--target")), .tls = tls.get()};
    const auto connections =
        options.number("--connections", {.preset = 100, .lowest = 1, .highest = max_connections});
    const echo_plan plan{
        .connections = connections,
        .in_flight =
            options.number("--in-flight", {.preset = connections, .lowest = 1, .highest = connections}),
        .warmup = options.number("--warmup", {.preset = 5'000, .lowest = 1, .highest = 10'000'000}),
        .messages = options.number("--messages", {.preset = 50'000, .lowest = 1, .highest = 100'000'000}),
    };
    const auto size = options.number("--size", {.preset = 64, .lowest = 16, .highest = 1024 * 1024});
    const auto watched = options.texts("--watch");
    poller events{deadline_of(options)};
    options.reject_unknown();

    echo_message message{size};
    measurement measured{watched};
    run_echoes(plan, to, message, events, measured);
    std::printf("{\"echoes\": %lu, \"relayed_messages\": %lu, \"seconds\": %.6f, \"cpu_ns\": %lu}\n",
                plan.messages, 2 * plan.messages, measured.seconds(), measured.cpu_ns());
}

} // namespace fairlead::bench
