#include "proxy/net/handshake_thread.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <new>

#include <sched.h>

namespace fairlead::net {
namespace {

constexpr std::chrono::milliseconds memory_pause{10};

// Not allowed, it computes all the same, only less politely.
void give_way_to_others() noexcept
{
    const sched_param none{};
    (void)::sched_setscheduler(0, SCHED_IDLE, &none); // of the calling thread, sched_setscheduler(2)
}

} // namespace

handshake_thread::handshake_thread(executor worker)
    : worker_(std::move(worker))
{}

handshake_thread::~handshake_thread() { stop(); }

bool handshake_thread::is_late(clock::time_point now) const noexcept
{
    return is_stopped_ || now < rests_until_ || (under_way_ > 0 && now - moved_at_ > late_time);
}

task<tls::io_result> handshake_thread::compute(tls::connection& of)
{
    step self(of);
    constexpr asio::use_awaitable_t<executor> token{};
    const give_step giving{this, &self};
    co_await asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(giving, token);
    co_return self.told;
}

bool handshake_thread::begin() noexcept
{
    if (thread_.joinable()) return true;
    try {
        wire_ = std::make_unique<tls::wire>(tls::wire::reach::nowhere);
        thread_ = std::thread([this] { run(); });
        return true;
    } catch (const std::exception&) {
        is_stopped_ = true;
        return false;
    }
}

void handshake_thread::give(step& one) noexcept
{
    if (under_way_++ == 0) moved_at_ = clock::now();
    {
        const std::scoped_lock lock(mutex_);
        waiting_.push_back(one);
    }
    wake_.notify_one();
}

// Signals are blocked here as they are in the worker that began it.
void handshake_thread::run() noexcept
{
    give_way_to_others();
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
        if (is_stopping_) return;
        step& one = waiting_.front();
        waiting_.pop_front();
        lock.unlock();
        one.told = one.of.compute(*wire_);
        lock.lock();
        const bool is_first = done_.empty();
        done_.push_back(one);
        if (!is_first) continue;
        lock.unlock();
        tell();
        lock.lock();
    }
}

void handshake_thread::tell() noexcept
{
    for (;;) {
        try {
            asio::post(worker_, [this] { collect(); });
            return;
        } catch (const std::bad_alloc&) {
            std::this_thread::sleep_for(memory_pause);
        }
    }
}

void handshake_thread::collect()
{
    steps done;
    {
        const std::scoped_lock lock(mutex_);
        done.swap(done_);
    }
    const auto now = clock::now();
    moved_at_ = now;
    while (!done.empty()) {
        step& one = done.front();
        done.pop_front();
        --under_way_;
        if (now - one.given > late_time) rests_until_ = now + rest_time;
        asio::any_completion_handler<void()> next;
        next.swap(one.resume);
        std::move(next)(); // ends the step
    }
}

void handshake_thread::stop() noexcept
{
    is_stopped_ = true;
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_one();
    if (!thread_.joinable()) return;
    thread_.join();
    if (waiting_.empty()) return;
    const bool is_told = !done_.empty();
    done_.splice(done_.end(), waiting_);
    if (!is_told) tell();
}

} // namespace fairlead::net
