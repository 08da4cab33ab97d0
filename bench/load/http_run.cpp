// GET of 1 KiB over keep-alive connections, one request out on each.
#include "bench/load/http_head.hpp"
#include "bench/load/measurement.hpp"
#include "bench/load/peer_socket.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/subcommands.hpp"
#include "bench/load/tcp.hpp"

#include <cstdio>
#include <memory>

namespace fairlead::bench {

namespace {

struct http_plan
{
    std::uint64_t connections;
    std::uint64_t warmup;   // responses before the measured phase
    std::uint64_t requests; // responses in it
};

class http_client
{
public:
    http_client(const sockaddr_in& target, poller& events)
        : socket_{connect_to(target)}
    {
        events.add(socket_.socket().get(), this);
        request();
    }
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;

    void request()
    {
        static const std::string head = get_request("bench.example");
        response_.clear();
        socket_.send(head);
    }

    // Whether the response is complete; it has been compared with the one the backend sends.
    [[nodiscard]] bool on_event(std::uint32_t epoll_events, std::span<char> scratch)
    {
        socket_.flush();
        for (;;) {
            const auto bytes = socket_.receive(scratch);
            response_.append(bytes.data(), bytes.size());
            if (socket_.has_ended()) throw verification_error{"the proxy closed a keep-alive connection"};
            if (!may_hold_more(bytes.size(), scratch.size(), epoll_events)) return is_complete();
        }
    }

private:
    [[nodiscard]] bool is_complete() const
    {
        static const std::string body = response_body();
        const std::string_view all{response_};
        const auto length = head_length(all);
        if (!length || all.size() < *length + body.size()) return false;
        verify_get_response_head(all.substr(0, *length));
        if (all.substr(*length) != body) throw verification_error{"the body differs"};
        return true;
    }

    peer_socket socket_;
    std::string response_;
};

void run_requests(http_plan plan, const sockaddr_in& target, poller& events, measurement& measured)
{
    std::vector<char> scratch(scratch_bytes);
    std::vector<std::unique_ptr<http_client>> clients;
    for (std::uint64_t i = 0; i < plan.connections; ++i)
        clients.push_back(std::make_unique<http_client>(target, events));

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
    const auto target = parse_loopback_address(options.text("--target"));
    const http_plan plan{
        .connections =
            options.number("--connections", {.preset = 64, .lowest = 1, .highest = max_connections}),
        .warmup = options.number("--warmup", {.preset = 2'000, .lowest = 1, .highest = 10'000'000}),
        .requests = options.number("--requests", {.preset = 20'000, .lowest = 1, .highest = 100'000'000}),
    };
    const auto watched = options.texts("--watch");
    poller events{deadline_of(options)};
    options.reject_unknown();

    measurement measured{watched};
    run_requests(plan, target, events, measured);
    std::printf("{\"requests\": %lu, \"seconds\": %.6f, \"cpu_ns\": %lu}\n", plan.requests,
                measured.seconds(), measured.cpu_ns());
}

} // namespace fairlead::bench
