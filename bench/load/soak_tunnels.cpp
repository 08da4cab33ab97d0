#include "bench/load/soak_tunnels.hpp"

#include "bench/load/http_head.hpp"
#include "bench/load/subcommands.hpp"

#include <algorithm>
#include <cstdio>

#include <arpa/inet.h>

namespace fairlead::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint64_t tunnels_per_source = 500;
constexpr std::uint64_t one_with_tls_in = 5;
constexpr std::uint64_t max_told_failures = 20;

// Of a hundred messages 80 are of the first size, 15 of the second, 4 of the third, 1 of the fourth.
std::size_t size_of(std::uint64_t message)
{
    const auto share = message % 100;
    return share < 80 ? 0 : share < 95 ? 1 : share < 99 ? 2 : 3;
}

} // namespace

soak_tunnels::soak_tunnels(const soak_plan& plan, poller& events)
    : plan_{plan}
    , events_{events}
    , tunnels_(plan.tunnels)
    , states_(plan.backends, backend_state::up)
    , scratch_(scratch_bytes)
{
    for (std::uint64_t i = 0; i < plan.tunnels; ++i)
        missing_.push_back(i);
}

std::uint64_t soak_tunnels::open_now() const
{
    return static_cast<std::uint64_t>(std::ranges::count_if(
        tunnels_, [](const tunnel& each) { return each.now == phase::open || each.now == phase::saying; }));
}

destination soak_tunnels::destination_of(std::uint64_t index) const
{
    const bool is_with_tls = plan_.tls.tls != nullptr && index / plan_.backends % one_with_tls_in == 0;
    destination to = is_with_tls ? plan_.tls : plan_.plain;
    to.host = "backend-" + std::to_string(index % plan_.backends) + "." + std::string{default_host};
    if (to.source)
        to.source->sin_addr.s_addr =
            htonl(ntohl(to.source->sin_addr.s_addr) + static_cast<std::uint32_t>(index / tunnels_per_source));
    return to;
}

void soak_tunnels::enter(std::uint64_t index, phase next)
{
    tunnel& one = tunnels_[index];
    if (one.now == phase::dialling) --dialling_;
    if (next == phase::dialling) ++dialling_;
    one.now = next;
    one.since = clock::now();
}

// No two lives of a tunnel have the same number, so that a message of an earlier one is seen to be wrong.
void soak_tunnels::dial(std::uint64_t index)
{
    tunnel& one = tunnels_[index];
    const auto number = one.lives++ * plan_.tunnels + index;
    one.client = std::make_unique<websocket_client>(destination_of(index), number, events_);
    enter(index, phase::dialling);
}

void soak_tunnels::bury(std::uint64_t index)
{
    tunnels_[index].client.reset();
    enter(index, phase::gone);
    if (state_of(index) == backend_state::up) missing_.push_back(index);
}

void soak_tunnels::tell(const char* what) const
{
    if (totals_.unexpected_ends + totals_.corrupted + totals_.silent <= max_told_failures)
        std::fprintf(stderr, "soak: %s\n", what);
}

void soak_tunnels::on_end(std::uint64_t index, const char* what)
{
    if (state_of(index) != backend_state::up) {
        ++totals_.expected_ends;
    } else {
        ++totals_.unexpected_ends;
        tell(what);
    }
    bury(index);
}

void soak_tunnels::on_event(const epoll_event& event)
{
    auto& client = *static_cast<websocket_client*>(event.data.ptr);
    const auto index = client.number() % plan_.tunnels;
    try {
        on_progress(index, client.on_event(event.events, scratch_));
    } catch (const ended_early& end) {
        on_end(index, end.what());
    } catch (const verification_error& wrong) {
        // Neither a refusal of an upgrade is a wrong byte, nor another Close than ours of one that leaves.
        const auto now = tunnels_[index].now;
        if (now == phase::dialling || now == phase::closing) return on_end(index, wrong.what());
        ++totals_.corrupted;
        tell(wrong.what());
        bury(index);
    }
}

void soak_tunnels::on_progress(std::uint64_t index, websocket_client::progress made)
{
    switch (made) {
    case websocket_client::progress::none: break;
    case websocket_client::progress::opened:
        ++totals_.opened;
        enter(index, phase::open);
        break;
    case websocket_client::progress::echoed:
        ++totals_.echoes;
        totals_.echoed_bytes += messages_[tunnels_[index].message].plain().size();
        enter(index, phase::open);
        break;
    case websocket_client::progress::closed:
        ++totals_.closed;
        bury(index);
        break;
    }
}

void soak_tunnels::say_next()
{
    for (std::uint64_t tries = 0; tries < plan_.tunnels; ++tries) {
        const auto index = next_to_say_++ % plan_.tunnels;
        tunnel& one = tunnels_[index];
        if (one.now != phase::open) continue;
        one.message = size_of(said_++);
        enter(index, phase::saying);
        one.client->send_message(messages_[one.message]);
        return;
    }
}

void soak_tunnels::end_next()
{
    const bool is_by_reset = ended_ % 4 == 3;
    for (std::uint64_t tries = 0; tries < plan_.tunnels; ++tries) {
        const auto index = next_to_end_++ % plan_.tunnels;
        tunnel& one = tunnels_[index];
        if (one.now == phase::open && !is_by_reset) {
            enter(index, phase::closing);
            one.client->send_close();
        } else if (is_by_reset && (one.now == phase::open || one.now == phase::saying)) {
            ++totals_.reset;
            one.client->reset();
            bury(index);
        } else {
            continue;
        }
        ++ended_;
        return;
    }
}

void soak_tunnels::expect(std::uint64_t backend) { states_.at(backend) = backend_state::expected_to_end; }

void soak_tunnels::restore(std::uint64_t backend)
{
    if (states_.at(backend) == backend_state::expected_to_end) states_[backend] = backend_state::coming_back;
}

void soak_tunnels::readmit()
{
    for (std::uint64_t backend = 0; backend < plan_.backends; ++backend) {
        if (states_[backend] != backend_state::coming_back) continue;
        bool is_empty = true;
        for (auto i = backend; i < plan_.tunnels; i += plan_.backends)
            is_empty = is_empty && tunnels_[i].now == phase::gone;
        if (!is_empty) continue;
        states_[backend] = backend_state::up;
        for (auto i = backend; i < plan_.tunnels; i += plan_.backends)
            if (std::ranges::find(missing_, i) == missing_.end()) missing_.push_back(i);
    }
}

void soak_tunnels::sweep()
{
    const auto now = clock::now();
    for (std::uint64_t i = 0; i < plan_.tunnels; ++i) {
        const tunnel& one = tunnels_[i];
        if (one.now == phase::gone || one.now == phase::open || now - one.since < plan_.patience) continue;
        ++totals_.silent;
        tell("no answer within the time that was given");
        bury(i);
    }
    readmit();
    while (dialling_ < max_dialling && !missing_.empty()) {
        const auto index = missing_.front();
        missing_.pop_front();
        if (state_of(index) == backend_state::up) dial(index);
    }
}

} // namespace fairlead::bench
