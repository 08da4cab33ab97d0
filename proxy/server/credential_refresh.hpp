// Keeps certificates, CAs and ticket keys as their files are: looks at them when they change, and every
// minute besides, for folders that cannot be watched; new ones are for handshakes that begin after.
//
// What changes is logged, and so is what is refused: the one before stays in force then. Independent of
// `reload.watch`. Thread: the main thread's, which it blocks while files are read. Lifetime: `current` and
// `secrets` outlive it.
#pragma once

#include "metrics/registry.hpp"
#include "proxy/credentials/process_secrets.hpp"
#include "proxy/http/service.hpp"
#include "proxy/server/config_watch.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::server {

class credential_refresh
{
public:
    static constexpr std::chrono::seconds tick{10}; // for ticket keys
    static constexpr unsigned ticks_per_look = 6;   // for files that are not watched

    credential_refresh(net::asio::io_context& io, credentials::process_secrets& secrets,
                       const std::shared_ptr<const http::service>& current);
    credential_refresh(const credential_refresh&) = delete;
    credential_refresh& operator=(const credential_refresh&) = delete;

    // After the start and each reload: takes the ticket keys of the configuration in force, looks at all
    // files, and watches them from now on. Says what an operator should know of certificates that are new.
    void follow();

    std::vector<metrics::certificate_state> certificates() const;

private:
    void look();
    void watch();
    void wait();
    void warn_of(const std::vector<std::string>& warnings);

    net::asio::io_context& io_;
    credentials::process_secrets& secrets_;
    const std::shared_ptr<const http::service>& current_;
    std::unique_ptr<config_watch> watch_; // once there is something to watch
    net::asio::steady_timer timer_;
    unsigned ticks_ = 0;
    std::string ticket_problem_;    // the last one, so that it is said once
    std::vector<std::string> said_; // warnings that were logged of what is in force
};

} // namespace fairlead::server
