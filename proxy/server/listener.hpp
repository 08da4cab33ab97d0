// Accepts the connections of one address for one worker and starts a session for each.
//
// Takes up to 64 connections a wake, so that a storm of them does not starve the tunnels. Out of descriptors
// (but for those of descriptor_room) or memory: pauses for 100 ms, counted, and goes on by itself; it never
// spins, and who waits keeps his place in the queue. With memory_account full, who comes is closed at once.
// When it stops, it first takes what waits in the queue, as closing would reset it.
// Thread: the worker's. Lifetime: within the worker's; the services outlive it.
#pragma once

#include "conf/model.hpp"
#include "proxy/http/session_services.hpp"
#include "proxy/net/descriptor_room.hpp"
#include "proxy/net/socket.hpp"
#include "proxy/net/timer_wheel.hpp"
#include "proxy/server/accept_queues.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <string>

namespace fairlead::server {

class listener
{
public:
    listener(conf::listen_options options, watched_socket socket, http::session_services& services);
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener();

    const std::string& address() const noexcept { return options_.address.text; }
    bool is_paused() const noexcept { return pause_.is_armed(); }
    // For connections accepted from now on.
    void apply(const conf::listen_options& options, const conf::socket_options& sockets);
    void stop();

private:
    struct pause : net::wheel_entry
    {
        explicit pause(listener& paused)
            : wheel_entry(&pause::on_due)
            , owner(paused)
        {}
        static void on_due(net::wheel_entry& entry) noexcept;
        listener& owner;
    };
    enum class accepted : std::uint8_t
    {
        one,
        none,
        no_resources
    };

    void adopt_options();
    void inherit(const conf::socket_options& options);
    void wait();
    void accept_some();
    accepted accept_one();
    bool has_room() noexcept;
    void start_session(int fd);

    conf::listen_options options_;
    net::asio::posix::basic_stream_descriptor<net::executor> socket_;
    accept_queues::entry queue_; // ends before the socket
    http::session_services& services_;
    http::listening_point& point_;
    pause pause_;
    net::descriptor_room room_{net::descriptor_room::user::client};
    bool is_near_end_ = false; // of the descriptors, when the last one came
    bool is_unix_ = false;
};

} // namespace fairlead::server
