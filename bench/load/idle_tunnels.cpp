#include "bench/load/idle_tunnels.hpp"

#include "bench/load/pace.hpp"
#include "bench/load/subcommands.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <unistd.h>

namespace fairlead::bench {

using clock = std::chrono::steady_clock;

idle_tunnels::idle_tunnels(const destination& to, std::uint64_t in_flight, poller& events)
    : to_{to}
    , in_flight_{in_flight}
    , events_{events}
    , scratch_(scratch_bytes)
{
    events_.add(STDIN_FILENO, &stdin_tag_);
}

void idle_tunnels::dial()
{
    destination to = to_;
    if (to.source)
        to.source->sin_addr.s_addr =
            htonl(ntohl(to.source->sin_addr.s_addr) + static_cast<std::uint32_t>(count() / per_source));
    clients_.push_back(std::make_unique<websocket_client>(to, count(), events_));
}

websocket_client::progress idle_tunnels::advance(const epoll_event& event)
{
    if (event.data.ptr != &stdin_tag_)
        return static_cast<websocket_client*>(event.data.ptr)->on_event(event.events, scratch_);
    stdin_ready_ = true;
    return websocket_client::progress::none;
}

void idle_tunnels::open(std::uint64_t more)
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

std::vector<std::chrono::nanoseconds> idle_tunnels::probe(std::uint64_t more)
{
    std::vector<std::chrono::nanoseconds> took;
    for (std::uint64_t i = 0; i < more; ++i) {
        const auto begun = clock::now();
        open(1);
        took.emplace_back(clock::now() - begun);
    }
    return took;
}

void idle_tunnels::echo(std::size_t payload_bytes)
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

latencies idle_tunnels::echo_at_pace(std::uint64_t per_second)
{
    echo_message message{64};
    pace paced{clients_.size(), per_second, clock::now()};
    while (!paced.is_settled()) {
        for (auto now = clock::now(); !stdin_ready_ && paced.next_due() <= now; now = clock::now())
            if (const auto tunnel = paced.take_next(now)) clients_[*tunnel]->send_message(message);
        const auto events = stdin_ready_ ? events_.wait() : events_.wait_until(paced.next_due());
        for (const auto& event : events) {
            if (advance(event) != websocket_client::progress::echoed) continue;
            auto& client = *static_cast<websocket_client*>(event.data.ptr);
            if (paced.on_echo(client.number(), clock::now())) client.send_message(message);
        }
        if (stdin_ready_) paced.stop();
    }
    stdin_ready_ = false;
    return paced.took();
}

std::vector<idle_tunnels::leaving> idle_tunnels::await_closes()
{
    for (auto& client : clients_)
        client->expect_close();
    std::vector<leaving> left;
    std::vector<bool> has_left(count()); // the kernel may tell an end twice
    clock::time_point first;
    while (left.size() < count())
        for (const auto& event : events_.wait()) {
            if (advance(event) != websocket_client::progress::closed) continue;
            const auto& client = *static_cast<websocket_client*>(event.data.ptr);
            if (has_left[client.number()]) continue;
            has_left[client.number()] = true;
            const auto now = clock::now();
            if (left.empty()) first = now;
            left.push_back({now - first, client.close_code()});
        }
    return left;
}

void idle_tunnels::wait_for_stdin()
{
    while (!stdin_ready_)
        for (const auto& event : events_.wait())
            static_cast<void>(advance(event));
    stdin_ready_ = false;
}

void idle_tunnels::reset_all()
{
    for (auto& client : clients_)
        client->reset();
}

} // namespace fairlead::bench
