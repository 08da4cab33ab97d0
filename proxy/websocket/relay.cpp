#include "proxy/websocket/relay.hpp"

#include "tls/digest.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <cassert>
#include <cerrno>
#include <cstring>
#include <exception>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::websocket {
namespace {

constexpr int events_per_wake = 256;
constexpr int batches_per_wake = 4; // then the io_context gets its turn

// An event names its tunnel and side in one word: tunnels are aligned, so the lowest bit is free.
std::uint64_t event_key(const tunnel& which, side of) noexcept
{
    static_assert(alignof(tunnel) >= 2);
    return reinterpret_cast<std::uintptr_t>(&which) | (of == side::backend ? 1U : 0U);
}

int make_epoll()
{
    const int fd = ::epoll_create1(EPOLL_CLOEXEC);
    if (fd < 0) throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
    return fd;
}

std::uint16_t draw_lot()
{
    std::uint16_t lot = 0;
    tls::random_bytes(std::as_writable_bytes(std::span{&lot, 1}));
    return lot;
}

bool watch(int epoll, tunnel& which, side of) noexcept
{
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = event_key(which, of);
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, which.of(of).fd, &event) == 0;
}

} // namespace

relay::relay(net::asio::io_context& io, net::timer_wheel& wheel, metrics::worker_cells& cells,
             tunnel_observer& observer, options limits)
    : epoll_(io.get_executor(), make_epoll())
    , wheel_(wheel)
    , cells_(cells)
    , observer_(observer)
    , epoch_(wheel.now())
    , buffer_(held_room + limits.buffer_bytes)
{
    tls::random_bytes(std::as_writable_bytes(std::span{ping_mark_}));
    wait();
}

relay::~relay() { shut_down(); }

void relay::shut_down()
{
    net::error_code ignored;
    epoll_.close(ignored);
    while (!tunnels_.empty()) {
        tunnel& last = tunnels_.back();
        begin_end(last, metrics::party::proxy, end_cause::drained, 0);
        finish(last);
    }
    bury();
}

bool relay::launch(tunnel_start start)
{
    tunnel* made = nullptr;
    try {
        made = tunnel::make(memory_, start.texts, start.times, now()).release();
    } catch (const std::exception&) {
        ::close(start.client.fd);
        ::close(start.backend.fd);
        cells_.connections_open.sub();
        cells_.exceptions[metrics::exception_cost::tunnel].add();
        return false;
    }
    tunnel& fresh = *made;
    fresh.client.fd = start.client.fd;
    fresh.client.tls = std::move(start.client.tls);
    fresh.backend.fd = start.backend.fd;
    fresh.backend.tls = std::move(start.backend.tls);
    fresh.is_websocket = start.is_websocket;
    fresh.origin = std::move(start.origin);
    fresh.origin->carrier = this;
    fresh.source = std::move(start.source);
    fresh.use = std::move(start.use);
    fresh.of_route = std::move(start.of_route);
    fresh.of_client = std::move(start.of_client);
    fresh.opened_at = std::chrono::steady_clock::now();
    fresh.sticky_key = start.sticky_key;
    fresh.reserved_bits = start.reserved_bits;
    fresh.alive.draw_age(draw_lot());
    tunnels_.push_back(fresh);
    fresh.origin->tunnels.push_back(fresh);
    ++fresh.origin->open;
    cells_.tunnels_open.add();
    if (fresh.origin->cells != nullptr) {
        fresh.origin->cells->opened.add();
        fresh.origin->cells->staying.add();
    }

    try {
        begin(fresh, start);
    } catch (const std::exception&) {
        give_up(fresh);
    }
    const bool is_alive = !fresh.is_closed;
    if (!in_batch_) bury();
    return is_alive;
}

void relay::begin(tunnel& fresh, const tunnel_start& start)
{
    // What was read ahead goes first: from the moment the sockets are watched, more may come.
    fresh.client.may_read = fresh.backend.may_read = false; // the set tells at once what has come already
    forward_read_ahead(fresh, side::backend, start.from_backend);
    forward_read_ahead(fresh, side::client, start.from_client);
    if (!fresh.is_closed && (!watch(epoll_.native_handle(), fresh, side::client) ||
                             !watch(epoll_.native_handle(), fresh, side::backend)))
    {
        begin_end(fresh, metrics::party::proxy, end_cause::refused, 0);
        finish(fresh);
    }
    if (!fresh.is_closed) keep_up(fresh);
}

void relay::forward_read_ahead(tunnel& which, side from, std::span<const char> data)
{
    while (!data.empty() && !which.is_closed) {
        const std::size_t take = std::min(data.size(), room_size());
        std::memcpy(room(), data.data(), take);
        forward(which, from, bytes(room(), take));
        data = data.subspan(take);
    }
}

void relay::wait()
{
    if (!ready_.empty() && epoll_.is_open()) {
        net::asio::post(epoll_.get_executor(), [this] { on_readable(); });
        return;
    }
    if (!epoll_.is_open()) return;
    epoll_.async_wait(net::asio::posix::descriptor_base::wait_read, [this](const net::error_code& error) {
        if (!error) on_readable();
    });
}

void relay::on_readable()
{
    if (!epoll_.is_open()) return;
    // Also when memory runs out in the middle: the other tunnels go on.
    struct end_of_wake
    {
        relay& self;
        ~end_of_wake()
        {
            self.in_batch_ = false;
            self.bury();
            self.wait();
        }
    } last{*this};
    std::array<epoll_event, events_per_wake> events;
    in_batch_ = true;
    run_ready();
    for (int batch = 0; batch < batches_per_wake; ++batch) {
        const int count = ::epoll_wait(epoll_.native_handle(), events.data(), events_per_wake, 0);
        if (count <= 0) break;
        cells_.relay_wakes.add();
        cells_.relay_events.add(static_cast<std::uint64_t>(count));
        run_events({events.data(), static_cast<std::size_t>(count)});
        if (count < events_per_wake) break;
    }
}

void relay::run_events(std::span<const epoll_event> events)
{
    for (const epoll_event& event : events) {
        auto* const which = reinterpret_cast<tunnel*>(event.data.u64 & ~std::uint64_t{1});
        if (which->is_closed) continue;
        try {
            on_event(*which, (event.data.u64 & 1) != 0 ? side::backend : side::client, event.events);
        } catch (const std::exception&) {
            give_up(*which);
        }
    }
}

void relay::run_ready()
{
    // Those that end meanwhile are destroyed afterwards; they take themselves out of ready_, not out of
    // these.
    for (tunnel* const next : std::exchange(ready_, {})) {
        tunnel& which = *next;
        which.is_ready = false;
        try {
            if (!which.is_closed) pump(which, side::client);
            if (!which.is_closed) pump(which, side::backend);
        } catch (const std::exception&) {
            give_up(which);
        }
    }
}

// After an exception, of want of memory most likely: it costs this tunnel and no other.
void relay::give_up(tunnel& which)
{
    cells_.exceptions[metrics::exception_cost::tunnel].add();
    which.is_torn = true;
    begin_end(which, metrics::party::proxy, end_cause::refused, 0);
    if (!which.is_closed) finish(which);
}

void relay::go_on_later(tunnel& which)
{
    if (which.is_ready) return;
    ready_.push_back(&which);
    which.is_ready = true;
    if (!in_batch_ && ready_.size() == 1) run_ready_soon(); // nobody else would
}

void relay::run_ready_soon()
{
    net::asio::post(epoll_.get_executor(), [this] {
        if (!epoll_.is_open()) return;
        in_batch_ = true;
        run_ready();
        in_batch_ = false;
        bury();
        if (!ready_.empty()) run_ready_soon();
    });
}

void relay::on_event(tunnel& which, side from, std::uint32_t events)
{
    leg& source = which.of(from);
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) source.saw_hangup = true;
    // Of TLS, a read may have waited for room to send, and a write for bytes to come.
    const bool is_any = source.tls != nullptr;
    if (is_any || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) source.may_read = true;
    // A broken side takes nothing any more, so what waits for it and what waits behind that is lost.
    if ((events & EPOLLERR) != 0 && (source.waiting || which.of(other(from)).waiting || source.has_ended)) {
        break_off(which, from);
        return;
    }
    if ((is_any || (events & EPOLLOUT) != 0) && source.waiting) {
        flush(which, from);
        if (!which.is_closed && !source.waiting) pump(which, other(from));
    }
    if (!which.is_closed) pump(which, from);
}

void relay::on_deadline(net::wheel_entry& entry) noexcept
{
    auto& which = static_cast<tunnel&>(entry);
    relay& self = *which.origin->carrier;
    try {
        self.keep_up(which);
    } catch (const std::exception&) {
        self.give_up(which);
    }
    if (!self.in_batch_) self.bury();
}

void relay::bury() noexcept
{
    closed_.clear_and_dispose([](tunnel* dead) { delete dead; });
}

// From 1 on, so that 0 can stand for no time.
tick_count relay::now() const noexcept
{
    return static_cast<tick_count>((wheel_.now() - epoch_) / net::timer_wheel::tick + 1);
}

std::chrono::milliseconds relay::after_opening(const tunnel& of, tick_count at) noexcept
{
    const tick_count ticks = at - std::min(at, of.alive.opened_at());
    return std::chrono::milliseconds(ticks * std::uint64_t{net::timer_wheel::tick});
}

std::chrono::milliseconds relay::since_data(const tunnel& of) const noexcept
{
    return std::chrono::milliseconds((now() - of.alive.data_at()) * std::uint64_t{net::timer_wheel::tick});
}

} // namespace fairlead::websocket
