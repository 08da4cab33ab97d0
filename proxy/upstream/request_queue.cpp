#include "proxy/upstream/request_queue.hpp"

#include "proxy/net/deadline.hpp"
#include "proxy/upstream/backend.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace fairlead::upstream {

void request_queue::configure(const std::optional<conf::queue_options>& options) noexcept
{
    timeout_ms_.store(options ? options->timeout.count() : 0, std::memory_order_relaxed);
    length_.store(options ? options->length : 0, std::memory_order_relaxed);
}

std::shared_ptr<request_queue::waiter> request_queue::join(std::shared_ptr<backend> wanted,
                                                           net::executor where)
{
    const std::lock_guard lock(mutex_);
    if (waiting_.load(std::memory_order_relaxed) >= length_.load(std::memory_order_relaxed)) {
        cells_.ended[metrics::queue_end::full].add();
        return nullptr;
    }
    auto made = std::make_shared<waiter>(std::move(where));
    made->number = next_number_++;
    made->wanted = std::move(wanted);
    insert(made);
    waiting_.fetch_add(1, std::memory_order_relaxed);
    count(*made, 1);
    cells_.waiting.add();
    return made;
}

void request_queue::count(const waiter& of, std::int32_t more)
{
    if (of.wanted != nullptr)
        of.wanted->add_awaited(more);
    else
        for_any_.fetch_add(static_cast<std::uint32_t>(more), std::memory_order_relaxed);
}

// The room may have been of one that the pool does not list any more.
bool request_queue::is_room_left(backend_span backends, const backend* at) const
{
    return std::ranges::any_of(
        backends, [&](const auto& each) { return each.get() == at && has_uncalled_room(*each); });
}

// Room for which nobody was called yet.
bool request_queue::has_uncalled_room(const backend& at) const
{
    const auto called = called_.find(&at);
    return at.room() > (called == called_.end() ? 0 : called->second);
}

// Nearly always it is the first: whoever was called came early.
void request_queue::insert(const std::shared_ptr<waiter>& of)
{
    line& mine = lines_[of->wanted.get()];
    if (mine.empty() || mine.back()->number < of->number) {
        mine.push_back(of);
        return;
    }
    const auto behind =
        std::ranges::find_if(mine, [&](const auto& each) { return each->number > of->number; });
    mine.insert(behind, of);
}

void request_queue::remove(const waiter& of)
{
    const auto mine = lines_.find(of.wanted.get());
    if (mine == lines_.end()) return;
    std::erase_if(mine->second, [&](const auto& each) { return each.get() == &of; });
    if (mine->second.empty()) lines_.erase(mine);
}

void request_queue::return_to_line(const std::shared_ptr<waiter>& of, const std::shared_ptr<backend>& wanted,
                                   backend_span backends)
{
    const std::lock_guard lock(mutex_);
    const backend* const had = end_call(*of);
    if (had == nullptr) return;
    count(*of, -1);
    of->wanted = wanted;
    count(*of, 1);
    insert(of);
    if (is_room_left(backends, had)) call_next(had, of->number);
}

void request_queue::leave(const std::shared_ptr<waiter>& of, metrics::queue_end how,
                          std::chrono::nanoseconds waited, backend_span backends)
{
    const std::lock_guard lock(mutex_);
    const backend* const had = end_call(*of);
    if (had == nullptr) remove(*of);
    of->place = nullptr;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    count(*of, -1);
    cells_.waiting.sub();
    cells_.ended[how].add();
    cells_.seconds.observe(waited);
    if (had != nullptr && is_room_left(backends, had)) call_next(had, 0);
}

// What it was called for; null: it was not.
const backend* request_queue::end_call(waiter& of)
{
    const backend* const had = std::exchange(of.called_for, nullptr);
    const auto counted = called_.find(had);
    if (had != nullptr && --counted->second == 0) called_.erase(counted);
    return had;
}

void request_queue::call_for(const backend* with_room)
{
    const std::lock_guard lock(mutex_);
    call_next(with_room, 0);
}

// The first of those behind that number who may have it; false: there is none.
bool request_queue::call_next(const backend* with_room, std::uint64_t behind)
{
    line* best = nullptr;
    line::iterator first;
    for (const backend* const wanted : {static_cast<const backend*>(nullptr), with_room}) {
        const auto found = lines_.find(wanted);
        if (found == lines_.end()) continue;
        const auto at =
            std::ranges::find_if(found->second, [&](const auto& each) { return each->number > behind; });
        if (at == found->second.end() || (best != nullptr && (*first)->number < (*at)->number)) continue;
        best = &found->second;
        first = at;
    }
    if (best != nullptr) call(first, *best, with_room);
    return best != nullptr;
}

void request_queue::call(line::iterator who, line& of, const backend* with_room)
{
    const std::shared_ptr<waiter> called = *who;
    of.erase(who);
    if (of.empty()) lines_.erase(called->wanted.get());
    called->called_for = with_room;
    ++called_[with_room];
    net::asio::post(called->where, [called, with_room] {
        if (called->place != nullptr) called->place->take_call(with_room);
    });
}

void request_queue::call_whole_line(const backend* of)
{
    for (auto found = lines_.find(of); found != lines_.end(); found = lines_.find(of))
        call(found->second.begin(), found->second, of);
}

void request_queue::call_for_room(backend_span backends, std::chrono::steady_clock::time_point now)
{
    if (waiting() == 0) return;
    const std::lock_guard lock(mutex_);
    for (const auto& each : backends) {
        const bool serves = each->is_serving(now) && each->backoff().is_due(now);
        if (!serves) call_whole_line(each.get());
        while (serves && has_uncalled_room(*each) && call_next(each.get(), 0)) {
        }
    }
}

queue_place::queue_place(std::shared_ptr<request_queue> queue,
                         std::span<const std::shared_ptr<backend>> backends, net::executor where,
                         net::timer_wheel& wheel)
    : wheel_entry(&queue_place::on_due)
    , queue_(std::move(queue))
    , backends_(backends)
    , where_(std::move(where))
    , wheel_(wheel)
{}

queue_place::~queue_place()
{
    if (self_) leave(is_late_ ? metrics::queue_end::timeout : metrics::queue_end::client_left);
}

bool queue_place::join(std::shared_ptr<backend> wanted)
{
    self_ = queue_->join(std::move(wanted), where_);
    if (!self_) return false;
    self_->place = this;
    since_ = std::chrono::steady_clock::now();
    // With the one of whoever leaves room: either it sees us waiting, or we see its room.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    queue_->call_for_room(backends_, since_);
    const std::int64_t timeout = queue_->timeout_ms_.load(std::memory_order_relaxed);
    wheel_.arm(*this, net::steady_now_ms(), static_cast<net::milliseconds_count>(timeout));
    return true;
}

net::task<queue_place::news> queue_place::wait(const std::shared_ptr<backend>& wanted)
{
    if (called_for_ != nullptr && std::exchange(has_looked_, false)) {
        called_for_ = nullptr;
        queue_->return_to_line(self_, wanted, backends_);
    }
    if (!has_news()) {
        woken_.emplace(where_);
        co_await woken_->wait();
        woken_.reset();
    }
    if (is_leaving_) co_return news::told_to_leave;
    if (is_late_) co_return news::time_is_up;
    has_looked_ = true;
    co_return news::called;
}

void queue_place::take_call(const backend* with_room)
{
    called_for_ = with_room;
    if (woken_) woken_->set();
}

void queue_place::on_due(net::wheel_entry& entry) noexcept
{
    auto& self = static_cast<queue_place&>(entry);
    self.is_late_ = true;
    if (self.woken_) self.woken_->set();
}

void queue_place::tell_to_leave() noexcept
{
    is_leaving_ = true;
    if (woken_) woken_->set();
}

void queue_place::serve()
{
    if (self_) leave(metrics::queue_end::served);
}

void queue_place::leave(metrics::queue_end how)
{
    cancel();
    called_for_ = nullptr;
    has_looked_ = false;
    queue_->leave(std::exchange(self_, nullptr), how, std::chrono::steady_clock::now() - since_, backends_);
}

} // namespace fairlead::upstream
