// Whole lives of short tunnels: connect, upgrade, one echo, Close handshake, end.
//
// The backend closes TCP first after its Close (RFC 6455 7.1.1), so no connecting side keeps a port in
// TIME_WAIT.
#include "bench/load/destination.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/subcommands.hpp"
#include "bench/load/websocket_client.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace fairlead::bench {

namespace {

struct upgrade_plan
{
    std::uint64_t in_flight;
    std::uint64_t warmup; // cycles before the measured phase
    std::uint64_t cycles; // cycles in it
};

class upgrade_cycles
{
public:
    upgrade_cycles(upgrade_plan plan, const destination& to, poller& events, measurement& measured)
        : plan_{plan}
        , to_{to}
        , events_{events}
        , measured_{measured}
    {}

    void run()
    {
        const auto last = plan_.warmup + plan_.cycles;
        for (std::uint64_t i = 0; i < std::min(plan_.in_flight, last); ++i)
            slots_.push_back(dial());
        while (closed_ < last)
            for (const auto& event : events_.wait())
                advance(*static_cast<websocket_client*>(event.data.ptr), event.events);
    }

private:
    std::unique_ptr<websocket_client> dial()
    {
        return std::make_unique<websocket_client>(to_, started_++, events_);
    }

    void advance(websocket_client& client, std::uint32_t epoll_events)
    {
        switch (client.on_event(epoll_events, scratch_)) {
        case websocket_client::progress::none: break;
        case websocket_client::progress::opened: client.send_message(message_); break;
        case websocket_client::progress::echoed: client.send_close(); break;
        case websocket_client::progress::closed: on_closed(client); break;
        }
    }

    void on_closed(const websocket_client& client)
    {
        const auto last = plan_.warmup + plan_.cycles;
        if (++closed_ == plan_.warmup) measured_.start();
        if (closed_ == last) measured_.stop();
        const auto slot = std::ranges::find(slots_, &client, &std::unique_ptr<websocket_client>::get);
        *slot = started_ < last ? dial() : nullptr;
    }

    upgrade_plan plan_;
    destination to_;
    poller& events_;
    measurement& measured_;
    std::uint64_t started_ = 0;
    std::uint64_t closed_ = 0;
    echo_message message_{64};
    std::vector<char> scratch_ = std::vector<char>(scratch_bytes);
    std::vector<std::unique_ptr<websocket_client>> slots_;
};

} // namespace

void run_upgrade(arguments& options)
{
    const auto tls = tls_client::of(options);
    const destination to{.address = parse_loopback_address(options.text("--target")), .tls = tls.get()};
    const upgrade_plan plan{
        .in_flight = options.number("--in-flight", {.preset = 32, .lowest = 1, .highest = 1'000}),
        .warmup = options.number("--warmup", {.preset = 300, .lowest = 1, .highest = 1'000'000}),
        .cycles = options.number("--cycles", {.preset = 3'000, .lowest = 1, .highest = 1'000'000}),
    };
    const auto watched = options.texts("--watch");
    poller events{deadline_of(options)};
    options.reject_unknown();

    measurement measured{watched};
    upgrade_cycles{plan, to, events, measured}.run();
    std::printf("{\"cycles\": %lu, \"seconds\": %.6f, \"cpu_ns\": %lu}\n", plan.cycles, measured.seconds(),
                measured.cpu_ns());
}

} // namespace fairlead::bench
