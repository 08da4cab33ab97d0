// The requests that wait until a backend of one pool has room, over all workers, first come first served.
//
//              leaves with a backend (served), when its time is over, or because its client left
//   join ─► waiting ◄──── the room was not for it, or another took it ────┐
//              └────── room was left: called, on its own worker ──────────┴─► served
//
// A request waits for any backend or, by its pool's stickiness, for one. Room that somebody leaves calls the
// first who may have it; who is called keeps its place until it has a backend, and meanwhile nobody who comes
// later takes what it was called for: connectors look at waiting_for_any() and backend::awaited() first. Who
// was called in vain passes the call on to the next one behind it, if the room is still there.
//
// Does not choose backends and does not count their uses. One for each pool's name; it outlives
// configurations. Bounds: `length` requests, `timeout` each.
// Thread: any. A mutex is held for a few steps when a request joins or leaves, and when room is left while
// somebody waits; without anybody waiting an atomic is read.
#pragma once

#include "conf/model.hpp"
#include "metrics/cells.hpp"
#include "proxy/net/event.hpp"
#include "proxy/net/timer_wheel.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

namespace fairlead::upstream {

class backend;
class queue_place;

class request_queue
{
public:
    request_queue() = default;
    request_queue(const request_queue&) = delete;
    request_queue& operator=(const request_queue&) = delete;

    // Of the configuration in force; nothing: nobody waits. Who waits already goes on.
    void configure(const std::optional<conf::queue_options>& options) noexcept;

    bool takes_any() const noexcept { return length_.load(std::memory_order_relaxed) != 0; }
    std::uint32_t waiting() const noexcept { return waiting_.load(std::memory_order_relaxed); }
    std::uint32_t waiting_for_any() const noexcept { return for_any_.load(std::memory_order_relaxed); }

    // There is room at that backend, which may be gone already: it is only compared.
    void call_for(const backend* with_room);

    // Calls for whatever room there is that nobody was called for: of backends that recovered, and where a
    // reload raised a limit. Who waits for a backend that does not serve any more is called, too, to look
    // elsewhere.
    void call_for_room(std::span<const std::shared_ptr<backend>> backends,
                       std::chrono::steady_clock::time_point now);

    const metrics::queue_cells& cells() const noexcept { return cells_; } // for any thread to read

private:
    friend class queue_place;

    struct waiter
    {
        explicit waiter(net::executor worker)
            : where(std::move(worker))
        {}

        std::uint64_t number = 0;            // in the order of their coming
        std::shared_ptr<backend> wanted;     // null: any
        const backend* called_for = nullptr; // null: not called
        net::executor where;
        queue_place* place = nullptr; // for its worker's thread alone; null: it is gone
    };
    using line = std::list<std::shared_ptr<waiter>>; // by number
    using backend_span = std::span<const std::shared_ptr<backend>>;

    std::shared_ptr<waiter> join(std::shared_ptr<backend> wanted, net::executor where);
    void return_to_line(const std::shared_ptr<waiter>& of, const std::shared_ptr<backend>& wanted,
                        backend_span backends);
    void count(const waiter& of, std::int32_t more);
    void call_whole_line(const backend* of);
    bool has_uncalled_room(const backend& at) const;
    bool is_room_left(backend_span backends, const backend* at) const;
    void leave(const std::shared_ptr<waiter>& of, metrics::queue_end how, std::chrono::nanoseconds waited,
               backend_span backends);
    const backend* end_call(waiter& of);
    void insert(const std::shared_ptr<waiter>& of);
    void remove(const waiter& of);
    bool call_next(const backend* with_room, std::uint64_t behind);
    void call(line::iterator who, line& of, const backend* with_room);

    std::atomic<std::uint32_t> length_{0};
    std::atomic<std::int64_t> timeout_ms_{0};
    std::atomic<std::uint32_t> waiting_{0}; // called ones included
    std::atomic<std::uint32_t> for_any_{0};
    std::mutex mutex_;
    std::map<const backend*, line> lines_;           // those who are not called, by what they want
    std::map<const backend*, std::uint32_t> called_; // who is called and has not looked, by what for
    std::uint64_t next_number_ = 1;
    metrics::queue_cells cells_;
};

// The place of one request, on its worker; the destructor leaves it.
class queue_place : private net::wheel_entry
{
public:
    enum class news : std::uint8_t
    {
        called,
        time_is_up,
        told_to_leave
    };

    // `backends` are the pool's, and outlive it.
    queue_place(std::shared_ptr<request_queue> queue, std::span<const std::shared_ptr<backend>> backends,
                net::executor where, net::timer_wheel& wheel);
    ~queue_place();

    // Null: any backend. False: the queue is full, or takes none.
    bool join(std::shared_ptr<backend> wanted);
    bool has_joined() const noexcept { return self_ != nullptr; }

    // Completes when there are news. Who was called, has looked in vain and waits again, maybe for another
    // backend, passes the call on.
    net::task<news> wait(const std::shared_ptr<backend>& wanted);

    const backend* called_for() const noexcept { return called_for_; } // null: not called
    void serve();                                                      // it has a backend
    void tell_to_leave() noexcept;

private:
    friend class request_queue;

    static void on_due(net::wheel_entry& entry) noexcept;
    void take_call(const backend* with_room);
    bool has_news() const noexcept { return called_for_ != nullptr || is_late_ || is_leaving_; }
    void leave(metrics::queue_end how);

    const std::shared_ptr<request_queue> queue_;
    const std::span<const std::shared_ptr<backend>> backends_;
    const net::executor where_;
    net::timer_wheel& wheel_;
    std::shared_ptr<request_queue::waiter> self_; // null: it has not joined, or left
    std::chrono::steady_clock::time_point since_;
    std::optional<net::event> woken_;
    const backend* called_for_ = nullptr;
    bool has_looked_ = false; // for what it was called for
    bool is_late_ = false;
    bool is_leaving_ = false;
};

} // namespace fairlead::upstream
