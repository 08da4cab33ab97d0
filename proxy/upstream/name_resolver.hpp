// Keeps the addresses of backends that were given by name.
//
// Asks the system (getaddrinfo, in Asio's own thread) once at the start, before the first request, and every
// ten seconds after that. A name that does not resolve keeps its last addresses. Thread: the main thread's.
#pragma once

#include "proxy/upstream/pool.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace fairlead::upstream {

class name_resolver
{
public:
    name_resolver(boost::asio::io_context& io, const backend_registry& backends);
    name_resolver(const name_resolver&) = delete;
    name_resolver& operator=(const name_resolver&) = delete;

    void resolve_now(); // blocking, for the names that have no address yet
    void start();

private:
    using results = boost::asio::ip::tcp::resolver::results_type;

    void refresh();
    static void publish(backend& to, const results& found);

    const backend_registry& backends_;
    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::steady_timer timer_;
};

} // namespace fairlead::upstream
