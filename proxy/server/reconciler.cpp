#include "proxy/server/reconciler.hpp"

#include <boost/system/errc.hpp>

#include <spdlog/spdlog.h>

#include <new>

namespace fairlead::server {
namespace {

constexpr std::chrono::seconds look_interval{1};

} // namespace

reconciler::~reconciler()
{
    {
        const std::lock_guard hold(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void reconciler::start(conf::duration every, std::chrono::milliseconds longest)
{
    set_every(every);
    thread_ = std::thread([this] { run(); });
    std::unique_lock hold(mutex_);
    changed_.wait_for(hold, longest, [this] { return has_looked_; });
}

void reconciler::set_every(conf::duration every) noexcept { every_ms_ = every.count(); }

metrics::reconciliation_state reconciler::report() const
{
    const std::lock_guard hold(mutex_);
    return state_;
}

void reconciler::run()
{
    for (;;) {
        take_step();
        std::unique_lock hold(mutex_);
        has_looked_ = true;
        changed_.notify_all();
        if (changed_.wait_for(hold, look_interval, [this] { return is_stopping_; })) return;
    }
}

void reconciler::take_step()
{
    using step = snat::reconciliation_schedule::step;
    const auto begun = std::chrono::steady_clock::now();
    const snat::reconciliation_schedule::state ledger{ledger_.spaces_made(), ledger_.aside().foreign_uses(),
                                                      foreign_.held() != 0};
    const auto what = schedule_.next(ledger, conf::duration{every_ms_}, begun);
    if (what == step::nothing) return;
    snat::reconciliation_report found;
    try {
        found = what == step::reconcile ? foreign_.reconcile(begun) : foreign_.recheck();
    } catch (const std::bad_alloc&) {
        found = {make_error_code(boost::system::errc::not_enough_memory), foreign_.held(), 0};
    }
    note(found, what == step::reconcile, std::chrono::steady_clock::now() - begun);
}

void reconciler::note(const snat::reconciliation_report& found, bool is_whole, std::chrono::nanoseconds took)
{
    metrics::reconciliation_state before;
    {
        const std::lock_guard hold(mutex_);
        before = state_;
        if (is_whole) {
            ++(found.error ? state_.failures : state_.comparisons);
            state_.seconds = std::chrono::duration<double>(took).count();
        }
        state_.unknown = found.unknown;
        state_.foreign = found.foreign;
        state_.has_failed = static_cast<bool>(found.error);
    }
    if (found.error && !before.has_failed)
        spdlog::warn(
            "source ports: the kernel does not list its sockets: {}; those that others use are found "
            "by dialling",
            found.error.message());
    if (found.foreign != before.foreign)
        spdlog::info("source ports: {} connections cannot be opened because others use their ports",
                     found.foreign);
    if (found.unknown > before.unknown)
        spdlog::warn(
            "source ports: {} connections are counted that the kernel does not know; please report it",
            found.unknown);
}

} // namespace fairlead::server
