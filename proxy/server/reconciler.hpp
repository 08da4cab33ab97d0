// The thread that compares the ledger of source ports with the kernel's sockets, at the start and now and
// then, so that no worker does.
//
// What it finds and holds is foreign_tuples.hpp; when, reconciliation_schedule.hpp. Its log says how many
// tuples others use when that changes, and once when the kernel does not answer.
// Lifetime: the ledger outlives it. Its end waits for a comparison under way.
// Thread: start() and the end are the owner's; the others any.
#pragma once

#include "conf/values.hpp"
#include "metrics/registry.hpp"
#include "proxy/snat/foreign_tuples.hpp"
#include "proxy/snat/reconciliation_schedule.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace fairlead::server {

class reconciler
{
public:
    explicit reconciler(snat::tuple_ledger& ledger)
        : ledger_(ledger)
        , foreign_(ledger)
    {}
    reconciler(const reconciler&) = delete;
    reconciler& operator=(const reconciler&) = delete;
    ~reconciler();

    // Begins with a comparison when there is something to compare, and waits for it for `longest` at most.
    void start(conf::duration every, std::chrono::milliseconds longest);

    void set_every(conf::duration every) noexcept; // 0: never

    metrics::reconciliation_state report() const;

private:
    void run();
    void take_step();
    void note(const snat::reconciliation_report& found, bool is_whole, std::chrono::nanoseconds took);

    snat::tuple_ledger& ledger_;
    snat::foreign_tuples foreign_;           // the thread's
    snat::reconciliation_schedule schedule_; // the thread's
    std::atomic<conf::duration::rep> every_ms_{0};
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    metrics::reconciliation_state state_; // under the mutex, as all below
    bool has_looked_ = false;
    bool is_stopping_ = false;
    std::thread thread_;
};

} // namespace fairlead::server
