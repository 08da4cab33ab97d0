// The admin listeners of the process: one for the command line, a Unix socket, and one for [admin] address.
//
// Where [admin] does not say otherwise, the socket is /run/fairlead/admin.sock if it can be made there; a
// process that cannot goes without. What is configured has to be there: boost::system::system_error names
// the address, std::runtime_error a file of a token or certificate. Certificates are looked at every minute,
// tokens when they are used; all else is as it was at the start. Thread: the main thread's io_context.
// Lifetime: the io_context, the metrics and the process outlive it; what connections are open then end with
// the io_context.
#pragma once

#include "conf/model.hpp"
#include "metrics/registry.hpp"
#include "proxy/admin/connection_services.hpp"
#include "proxy/credentials/server_credentials.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/server/admin_listener.hpp"
#include "proxy/server/process_control.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::server {

class admin_server
{
public:
    // Without a `process` there is nothing to control: those pages are not there, nor is the default socket.
    admin_server(net::asio::io_context& io, const conf::config& config, metrics::registry& metrics,
                 process_control* process = nullptr);
    admin_server(const admin_server&) = delete;
    admin_server& operator=(const admin_server&) = delete;
    ~admin_server();

    // Before the io_context stops: streams end in order at its next turn.
    void finish_streams();

private:
    void listen(const conf::endpoint& address, owned_fd socket, const conf::config& config);
    void listen_on_default_socket(const conf::config& config);
    void look_after_deadlines();
    void look_at_certificates();

    net::asio::io_context& io_;
    net::asio::steady_timer ticker_;
    net::asio::steady_timer certificate_timer_;
    bool is_ticking_ = false;
    // Shared with the connections: their coroutines may be destroyed with the io_context, after this object.
    std::shared_ptr<admin::connection_services> services_;
    std::shared_ptr<credentials::server_credentials> tls_; // null: plain
    std::vector<std::unique_ptr<admin_listener>> listeners_;
};

// The certificates of [admin]; null: it has none. std::runtime_error says what is wrong with them, a line
// with the place in the configuration for each.
std::shared_ptr<credentials::server_credentials> load_admin_certificates(const conf::config& config);

// What an operator should know of the way [admin] is configured; each a sentence.
std::vector<std::string> warnings_about_admin(const conf::config& config);

} // namespace fairlead::server
