// The health of the backends in force: has them checked, says what changes, and has workers let go the
// tunnels of those that were found dead, where their pool says so.
//
// A backend that joins by a reload starts slowly. Looks for changes five times a second, for the log.
// Thread: the main thread's. Lifetime: the io_context and the workers outlive it.
#pragma once

#include "proxy/http/service.hpp"
#include "proxy/server/backend_watch.hpp"
#include "proxy/server/process_control.hpp"
#include "proxy/server/worker.hpp"
#include "proxy/upstream/health_checker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <vector>

namespace fairlead::server {

class backend_health
{
public:
    backend_health(net::asio::io_context& io, const std::vector<std::unique_ptr<worker>>& workers);
    backend_health(const backend_health&) = delete;
    backend_health& operator=(const backend_health&) = delete;

    // From now on these are in force; what was known of a backend that stays is kept.
    void apply(std::shared_ptr<const http::service> next);

    std::vector<metrics::backend_state> states() const;
    control_answer describe(const tunnel_census& tunnels) const; // {"backends": [...]}

private:
    void look();
    void look_again();
    void on_checked(upstream::backend& of, health::checked_state before);

    const std::vector<std::unique_ptr<worker>>& workers_;
    std::shared_ptr<const http::service> current_; // null before the first
    upstream::health_checker checker_;
    backend_watch watch_{checker_};
    net::asio::steady_timer timer_;
};

} // namespace fairlead::server
