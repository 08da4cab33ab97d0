// GET over keep-alive connections, one request out on each, for one host or for many.
// Bodies are compared as they come.
#include "bench/load/destination.hpp"
#include "bench/load/http_head.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/subcommands.hpp"

#include <cstdio>
#include <memory>

namespace fairlead::bench {

namespace {

struct http_plan
{
    std::uint64_t connections;
    std::uint64_t warmup;   // responses before the measured phase
    std::uint64_t requests; // responses in it
    std::size_t body_bytes; // of each
    std::uint64_t hosts;    // that are asked for by turns; 1: the default one
};

// What all clients of a run ask, and the body that must come.
struct expectation
{
    expectation(std::size_t body_bytes, std::uint64_t hosts)
        : body{response_body(body_bytes)}
    {
        if (hosts == 1) requests.push_back(get_request(default_host, body_bytes));
        for (std::uint64_t i = 0; hosts > 1 && i < hosts; ++i)
            requests.push_back(
                get_request("r" + std::to_string(i) + "." + std::string{default_host}, body_bytes));
    }

    // Neighbours are asked far from each other, as clients do.
    const std::string& next_request() { return requests[next++ * stride % requests.size()]; }

    static constexpr std::uint64_t stride = 7919; // a prime, so that each comes before one comes twice
    std::vector<std::string> requests;
    std::string body;
    std::uint64_t next = 0;
};

class http_client
{
public:
    http_client(const destination& to, expectation& wanted, poller& events)
        : socket_{dial(to)}
        , wanted_{wanted}
    {
        events.add(socket_.socket().get(), this);
        request();
    }
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;

    void request()
    {
        head_.clear();
        is_in_body_ = false;
        compared_ = 0;
        socket_.send(wanted_.next_request());
    }

    // Whether the response is complete; it has been compared with the one the backend sends.
    [[nodiscard]] bool on_event(std::uint32_t epoll_events, std::span<char> scratch)
    {
        socket_.flush();
        for (;;) {
            const auto bytes = socket_.receive(scratch);
            take({bytes.data(), bytes.size()});
            if (socket_.has_ended()) throw verification_error{"the proxy closed a keep-alive connection"};
            if (!socket_.may_hold_more(bytes.size(), scratch.size(), epoll_events))
                return is_in_body_ && compared_ == wanted_.body.size();
        }
    }

private:
    void take(std::string_view bytes)
    {
        if (is_in_body_) return compare(bytes);
        head_.append(bytes);
        const auto length = head_length(head_);
        if (!length) return;
        const std::string_view all{head_};
        verify_get_response_head(all.substr(0, *length), wanted_.body.size());
        is_in_body_ = true;
        compare(all.substr(*length));
    }

    void compare(std::string_view bytes)
    {
        if (bytes != std::string_view{wanted_.body}.substr(compared_, bytes.size()))
            throw verification_error{"the body differs"};
        compared_ += bytes.size();
    }

    peer_socket socket_;
    expectation& wanted_;
    std::string head_; // and what came with it
    bool is_in_body_ = false;
    std::size_t compared_ = 0; // bytes of the body
};

void run_requests(http_plan plan, const destination& to, poller& events, measurement& measured)
{
    std::vector<char> scratch(scratch_bytes);
    expectation wanted{plan.body_bytes, plan.hosts};
    std::vector<std::unique_ptr<http_client>> clients;
    for (std::uint64_t i = 0; i < plan.connections; ++i)
        clients.push_back(std::make_unique<http_client>(to, wanted, events));

    for (std::uint64_t answered = 0; answered < plan.warmup + plan.requests;) {
        for (const auto& event : events.wait()) {
            auto& client = *static_cast<http_client*>(event.data.ptr);
            if (!client.on_event(event.events, scratch)) continue;
            if (++answered == plan.warmup) measured.start();
            if (answered == plan.warmup + plan.requests) measured.stop();
            client.request();
        }
    }
}

} // namespace

void run_http(arguments& options)
{
    const auto tls = tls_client::of(options);
    const destination to{.address = parse_loopback_address(options.text("--target")), .tls = tls.get()};
    const http_plan plan{
        .connections =
            options.number("--connections", {.preset = 64, .lowest = 1, .highest = max_connections}),
        .warmup = options.number("--warmup", {.preset = 2'000, .lowest = 1, .highest = 10'000'000}),
        .requests = options.number("--requests", {.preset = 20'000, .lowest = 1, .highest = 100'000'000}),
        .body_bytes = options.number("--body", {.preset = 1024, .lowest = 1, .highest = max_body_bytes}),
        .hosts = options.number("--hosts", {.preset = 1, .lowest = 1, .highest = 100'000}),
    };
    const auto watched = options.texts("--watch");
    poller events{deadline_of(options)};
    options.reject_unknown();

    measurement measured{watched};
    run_requests(plan, to, events, measured);
    std::printf("{\"requests\": %lu, \"seconds\": %.6f, \"cpu_ns\": %lu}\n", plan.requests,
                measured.seconds(), measured.cpu_ns());
}

} // namespace fairlead::bench
