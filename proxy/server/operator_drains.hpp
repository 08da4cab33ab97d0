// What an operator drains: routes, backends and listeners, until it is taken back.
//
//   route     new requests are answered 503 with Retry-After; its tunnels leave
//   backend   the balancer passes it over, kept connections are dropped; its tunnels leave
//   listener  is closed; its idle client connections end, and its tunnels leave
//
// Exchanges under way finish. Tunnels leave over the window, with 1012 to the client and 1001 to the backend.
// A drain outlives reloads, and ends when a reload removes what it drains. It does not outlive the process.
// Thread: the main thread's. Lifetime: the workers outlive it.
#pragma once

#include "proxy/http/service.hpp"
#include "proxy/server/listening_socket.hpp"
#include "proxy/server/process_control.hpp"
#include "proxy/server/worker.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace fairlead::server {

class operator_drains
{
public:
    using worker_list = std::vector<std::unique_ptr<worker>>;

    explicit operator_drains(const worker_list& workers)
        : workers_(workers)
    {}
    operator_drains(const operator_drains&) = delete;
    operator_drains& operator=(const operator_drains&) = delete;

    // 404 for what is not configured, with the nearest names; 409 for what is not drained and is to be taken
    // back, or cannot be.
    control_answer change(const drain_request& asked, const http::service& current);

    control_answer describe() const;

    bool covers_listener(const std::string& address) const;

    // Forgets what is no longer configured.
    void after_reload(const http::service& next);

private:
    struct standing
    {
        websocket::drain_target what;
        std::chrono::system_clock::time_point since;
        std::chrono::steady_clock::time_point begun;
        std::chrono::milliseconds window;
        std::vector<std::shared_ptr<websocket::drain_cell>> told; // by worker
        std::shared_ptr<routing::route_load> route;               // of a route
        std::shared_ptr<upstream::backend> backend;               // of a backend
    };

    control_answer begin(const drain_request& asked, standing fresh, const http::service& current);
    control_answer take_back(const drain_request& asked, const http::service& current);
    std::vector<owned_fd> open_again(const std::string& address, const http::service& current) const;
    void add_listener(const std::string& address, std::vector<owned_fd> sockets,
                      const http::service& current);
    static void mark(const standing& which, bool draining) noexcept;
    void forget(const standing& which);
    standing* find(const websocket::drain_target& what);
    static boost::json::object describe(const standing& which);

    const worker_list& workers_;
    std::vector<standing> standing_;
};

} // namespace fairlead::server
