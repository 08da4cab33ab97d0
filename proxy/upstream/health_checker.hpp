// Checks every address of every backend of the pools that have `health`, and tells the backends what came of
// it.
//
// A backend is up while any of its addresses is; draining while none is up and one asks for it; else down.
// Before the first check of an address has ended it is taken to be up. Addresses that a name gains or
// loses are followed each second. A passed check ends a back-off whose pause is over. At most 64 checks
// are under way; others wait their turn, the earliest first.
//
// Checks are dialled from the pool's first source address of the destination's family, with a port of the
// kernel's, so that they go the way of the traffic and cost the ledger nothing; where clients' own addresses
// are the source, from this machine's. What this machine could not ask counts for nothing and is logged every
// ten seconds at most. Checks of a pool with `tls` speak it, and verify as its connections do, unless they go
// to another port than the backend's: that is taken to be plain.
//
// Lifetime: the io_context outlives it. Thread: the main thread's.
#pragma once

#include "conf/model.hpp"
#include "metrics/cells.hpp"
#include "proxy/health/check_schedule.hpp"
#include "proxy/log/report_interval.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/upstream/health_probe.hpp"
#include "proxy/upstream/pool.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace fairlead::upstream {

class health_checker
{
public:
    // Called when what some backend's checks say has changed; after apply(), look without being called.
    using change_fn = std::function<void()>;

    struct report
    {
        std::string reason; // of the last check that was not passed
        std::shared_ptr<metrics::check_cells> cells;
    };

    health_checker(net::asio::io_context& io, change_fn tell);
    health_checker(const health_checker&) = delete;
    health_checker& operator=(const health_checker&) = delete;
    ~health_checker();

    // From now on these pools are checked, as `options`, in the same order, say. What was found of a backend
    // that is still checked stays; one that is not any more is taken to be up. One that is checked otherwise
    // than before is asked at once, and what it has been asked already counts for nothing.
    void apply(const std::vector<std::shared_ptr<const pool>>& pools,
               const std::vector<conf::pool_options>& options);

    const report* find(const backend& of) const; // null: it is not checked

private:
    using check_id = health::check_schedule::check_id;
    struct checked_address;
    struct checked_backend;

    void check_backend(const std::shared_ptr<const pool>& from, const std::shared_ptr<backend>& of,
                       const conf::health_options& options);
    void ask_anew(const checked_backend& of);
    health::steady_time first_due(const checked_backend& of);
    void forget_unlisted(std::uint64_t generation);
    void follow_addresses(checked_backend& of);
    void follow_names();
    void begin_due();
    void begin(check_id id, checked_address& at);
    void finish(check_id id, const probe_result& result);
    static void end_backoff(checked_backend& of, health::steady_time now);
    void conclude(checked_backend& of);
    void wait_for_due();
    probe_target target_of(const checked_address& at);
    std::optional<probe_security> security_of(const checked_address& at);

    using timer =
        net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

    net::executor where_;
    change_fn tell_;
    health::check_schedule schedule_;
    std::map<const backend*, std::unique_ptr<checked_backend>> backends_;
    std::map<check_id, std::unique_ptr<checked_address>> addresses_;
    check_id last_id_ = 0;
    std::uint64_t generation_ = 0;
    std::minstd_rand lots_;
    log::report_interval reports_{std::chrono::seconds(10)};
    std::shared_ptr<probe_handshakes> handshakes_; // once a check speaks TLS
    timer due_timer_;
    timer names_timer_;
};

} // namespace fairlead::upstream
