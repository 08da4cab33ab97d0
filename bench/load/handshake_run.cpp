// Handshakes and nothing else: connect, TLS, the server's ticket, a RST. What a handshake costs, and a storm
// of clients that come back.
//
// A connection ends when its ticket is there, which the server sends when it has verified the client's end of
// the handshake: all of it has been paid for by then.
#include "bench/load/destination.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/subcommands.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

#include <openssl/err.h>

namespace fairlead::bench {

namespace {

struct handshake_plan
{
    std::uint64_t in_flight;
    std::uint64_t warmup;     // handshakes before the measured phase
    std::uint64_t handshakes; // handshakes in it
};

class handshake_client
{
public:
    handshake_client(const destination& to, poller& events)
        : by_{*to.tls}
        , socket_{connect_to(to.address)}
        , tls_{by_.connect(socket_.get(), &got_ticket_)}
    {
        events.add(socket_.get(), this);
    }
    handshake_client(const handshake_client&) = delete;
    handshake_client& operator=(const handshake_client&) = delete;

    // Whether it is done, and what it settled is what the run asks for.
    [[nodiscard]] bool on_event()
    {
        char byte = 0;
        ERR_clear_error();
        const int got = SSL_read(tls_.get(), &byte, 1); // the rest of the handshake, then the ticket
        const int error = SSL_get_error(tls_.get(), got);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            throw std::runtime_error{"a handshake failed: " + tls_reason()};
        if (!got_ticket_) return false;
        by_.verify(tls_);
        reset_on_close(socket_);
        return true;
    }

private:
    const tls_client& by_;
    bool got_ticket_ = false;
    descriptor socket_;
    tls_end tls_;
};

class handshake_cycles
{
public:
    handshake_cycles(handshake_plan plan, const destination& to, poller& events, measurement& measured)
        : plan_{plan}
        , to_{to}
        , events_{events}
        , measured_{measured}
    {}

    void run()
    {
        const auto last = plan_.warmup + plan_.handshakes;
        if (plan_.warmup == 0) measured_.start();
        for (std::uint64_t i = 0; i < std::min(plan_.in_flight, last); ++i)
            clients_.push_back(dial());
        while (done_ < last)
            for (const auto& event : events_.wait()) {
                auto& client = *static_cast<handshake_client*>(event.data.ptr);
                if (client.on_event()) on_done(client);
            }
    }

private:
    std::unique_ptr<handshake_client> dial()
    {
        ++started_;
        return std::make_unique<handshake_client>(to_, events_);
    }

    void on_done(const handshake_client& client)
    {
        const auto last = plan_.warmup + plan_.handshakes;
        if (++done_ == plan_.warmup) measured_.start();
        if (done_ == last) measured_.stop();
        const auto slot = std::ranges::find(clients_, &client, &std::unique_ptr<handshake_client>::get);
        *slot = started_ < last ? dial() : nullptr;
    }

    handshake_plan plan_;
    const destination& to_;
    poller& events_;
    measurement& measured_;
    std::uint64_t started_ = 0;
    std::uint64_t done_ = 0;
    std::vector<std::unique_ptr<handshake_client>> clients_;
};

} // namespace

void run_handshake(arguments& options)
{
    const auto tls = tls_client::of(options);
    if (!tls) throw std::invalid_argument{"--tls is required"};
    const destination to{.address = parse_loopback_address(options.text("--target")), .tls = tls.get()};
    const handshake_plan plan{
        .in_flight = options.number("--in-flight", {.preset = 32, .lowest = 1, .highest = 10'000}),
        .warmup = options.number("--warmup", {.preset = 100, .lowest = 0, .highest = 1'000'000}),
        .handshakes = options.number("--handshakes", {.preset = 1'000, .lowest = 1, .highest = 1'000'000}),
    };
    const bool resumes = options.number("--resumed", {.preset = 0, .lowest = 0, .highest = 1}) == 1;
    const auto watched = options.texts("--watch");
    poller events{deadline_of(options)};
    options.reject_unknown();

    if (resumes) {
        measurement unused{{}};
        handshake_cycles{{.in_flight = 1, .warmup = 0, .handshakes = 1}, to, events, unused}.run();
        tls->resume();
    }
    measurement measured{watched};
    handshake_cycles{plan, to, events, measured}.run();
    std::printf("{\"handshakes\": %lu, \"seconds\": %.6f, \"cpu_ns\": %lu}\n", plan.handshakes,
                measured.seconds(), measured.cpu_ns());
}

} // namespace fairlead::bench
