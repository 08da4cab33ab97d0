// A [pool.NAME] as the workers use it: its backends, how to choose among them, where to dial from, how long
// to wait.
//
// Immutable but for the state inside the backends and the times of their answers. Share it as
// shared_ptr<const pool>; a reload builds new pools from the same registry and ledger, so backends keep their
// counts and tuples stay counted.
// Lifetime: the registry and the ledger outlive it. Thread: any.
#pragma once

#include "conf/model.hpp"
#include "proxy/credentials/client_credentials.hpp"
#include "proxy/health/answer_tail.hpp"
#include "proxy/health/slow_outliers.hpp"
#include "proxy/snat/source_pool.hpp"
#include "proxy/upstream/backend.hpp"
#include "proxy/upstream/connection_owner.hpp"
#include "proxy/upstream/request_queue.hpp"
#include "proxy/upstream/retry_budget.hpp"
#include "proxy/upstream/serving_share.hpp"
#include "proxy/upstream/stickiness.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::upstream {

// Every backend there is, by pool name and address. Takes a mutex: for start and reload only.
class backend_registry
{
public:
    // The one backend of that pool and address, created on first use. One that was known keeps its weight,
    // priority and limit: a configuration in force sets them, and this one may yet be refused.
    std::shared_ptr<backend> obtain(const std::string& pool_name, const conf::backend_options& options);

    // The one queue of the pools of that name, created on first use.
    std::shared_ptr<request_queue> obtain_queue(const std::string& pool_name);

    // Forgets the backends that no pool lists and no connection uses any more; returns how many. Call it
    // after a reload and now and then.
    std::size_t sweep();

    // Those that are known now, listed by a pool or still in use: for metrics and name resolution.
    std::vector<std::shared_ptr<backend>> all() const;

private:
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, std::shared_ptr<backend>> backends_;
    std::map<std::string, std::shared_ptr<request_queue>> queues_; // by pool
};

class pool
{
public:
    // `tls` has loaded; null: backends are spoken to plainly.
    pool(const conf::pool_options& options, const conf::timeout_options& timeouts, backend_registry& registry,
         snat::tuple_ledger& ledger, std::shared_ptr<credentials::client_credentials> tls = nullptr);
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    const std::string& name() const noexcept { return name_; }
    std::span<const std::shared_ptr<backend>> backends() const noexcept { return backends_; }
    conf::balance_kind balance() const noexcept { return balance_; }
    const snat::source_pool* source() const noexcept { return source_.get(); } // null: the kernel chooses
    conf::transparency transparent() const noexcept { return transparent_; }   // else source() is null
    conf::proxy_protocol proxy_protocol() const noexcept { return proxy_protocol_; }
    // Whose a connection becomes that is dialled for this client.
    connection_owner owner_for(const net::connection_ends& ends) const noexcept;
    credentials::client_credentials* tls() const noexcept { return tls_.get(); } // null: plain
    const backoff_options& backoff() const noexcept { return backoff_; }

    const stickiness* sticky() const noexcept { return sticky_.get(); } // null: it is not
    // To which backend a value belongs now, among those that may be home. Only where sticky() hashes values.
    std::optional<std::uint32_t> home_of(std::uint32_t key, steady_time now) const;
    // It serves and can be reached. One whose back-off is due is tried, and nobody is led to it before it has
    // accepted a connection.
    static bool may_be_home(const backend& of, steady_time now) noexcept;

    // What came of an exchange with one of the backends: a failure may eject it, unless that would leave more
    // than eject.max_ejected of the pool out.
    void record_failure(backend& of, health::failure_kind how, steady_time now) const;
    void record_answer(backend& of, unsigned status) const;

    // How long the backend at that position took, from the request's last byte to the answer's head. Answers
    // of 500 and more say nothing of it: errors are quick.
    bool measures_answers() const noexcept { return answer_times_ != nullptr; }
    void record_answer_time(std::size_t position, unsigned status,
                            std::chrono::nanoseconds took) const noexcept;

    // Compares what was recorded since the last time, and ejects those that are much slower than the others,
    // as failures would. Those it ejected. For one thread, every eject_window().
    std::vector<health::slow_outlier> eject_slow(steady_time now) const;
    conf::duration eject_window() const noexcept { return eject_ ? eject_->window : conf::duration(0); }

    // What is sent again, and how much of it; null: only what no backend can have seen.
    const conf::retry_options* retry() const noexcept { return retry_ ? &*retry_ : nullptr; }
    retry_budget& retries() const noexcept { return retries_; } // where retry() is not null

    // When a second backend is asked too; null: never. What it takes of `retry`'s budget is the retries' no
    // more.
    const conf::hedge_options* hedge() const noexcept { return hedge_ ? &*hedge_ : nullptr; }
    // Without an answer for how long; 0: it is not known yet, and nobody is asked.
    std::chrono::microseconds hedge_delay() const noexcept;
    void record_hedgeable(unsigned status, std::chrono::nanoseconds took) const noexcept; // an answer
    bool take_hedge() const noexcept; // false: the budget is used

    // A request has come, and earns its share of a retry and of a hedge.
    void earn_repeats() const noexcept;

    std::uint32_t panic_threshold() const noexcept { return panic_threshold_; } // of serving_share
    bool has_tiers() const noexcept { return has_tiers_; } // its backends are of different priorities
    tier_in_charge in_charge(steady_time now) const noexcept;
    const std::shared_ptr<request_queue>& queue() const noexcept { return queue_; }
    std::uint32_t max_pending() const noexcept { return max_pending_; } // of each backend; 0: any number
    conf::duration connect_timeout() const noexcept { return connect_timeout_; }     // 0: never
    conf::duration handshake_timeout() const noexcept { return handshake_timeout_; } // 0: never
    conf::duration response_timeout() const noexcept { return response_timeout_; }   // 0: never
    conf::duration total_timeout() const noexcept { return total_timeout_; }         // 0: never

private:
    const std::string name_;
    std::vector<std::shared_ptr<backend>> backends_;
    const conf::balance_kind balance_;
    std::unique_ptr<const snat::source_pool> source_;
    const conf::transparency transparent_;
    const conf::proxy_protocol proxy_protocol_;
    bool leaves_too_few(steady_time now) const noexcept;
    bool try_to_eject(backend& of, health::failure_kind how, steady_time now) const;

    const backoff_options backoff_;
    const std::unique_ptr<const stickiness> sticky_;
    const std::optional<conf::eject_options> eject_;
    const std::optional<conf::retry_options> retry_;
    const std::optional<conf::hedge_options> hedge_;
    mutable retry_budget retries_; // of hedges too
    mutable retry_budget hedges_;
    const std::unique_ptr<health::answer_tail> answer_tail_; // null: `hedge` says how long
    const std::uint32_t panic_threshold_;
    const bool has_tiers_;
    const std::shared_ptr<request_queue> queue_;
    const std::uint32_t max_pending_;
    const std::unique_ptr<health::answer_times[]> answer_times_; // by position; null: nothing is compared
    const conf::duration connect_timeout_;
    const conf::duration response_timeout_;
    const conf::duration total_timeout_;
    const conf::duration handshake_timeout_;
    const std::shared_ptr<credentials::client_credentials> tls_;
};

} // namespace fairlead::upstream
