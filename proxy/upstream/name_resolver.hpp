// Keeps the addresses of backends that were given by name.
//
// Asks the system (getaddrinfo(3)) in rounds, each in a thread of its own that nobody waits for, since a dead
// name server blocks it for many seconds: at the start, when a reload asks, and every ten seconds. A round
// that is still under way is not joined by another. A name that does not resolve keeps its last addresses and
// is told once a round in the log.
// Thread: the main thread's; results are published from the round's thread, which holds what it needs and may
// outlive this object.
#pragma once

#include "proxy/upstream/pool.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace fairlead::upstream {

class name_resolver
{
public:
    name_resolver(boost::asio::io_context& io, const backend_registry& backends);
    name_resolver(const name_resolver&) = delete;
    name_resolver& operator=(const name_resolver&) = delete;
    ~name_resolver();

    // Begins a round now; when one is under way, another follows it.
    void resolve_soon();

    // Waits for the round under way, for `longest` at most: so that the first request finds its backends.
    void wait(std::chrono::milliseconds longest);

    void start(); // the rounds

    std::uint64_t failures() const noexcept; // look-ups that gave nothing; from any thread

private:
    struct round;

    const backend_registry& backends_;
    std::shared_ptr<round> round_;
    boost::asio::steady_timer timer_;
};

} // namespace fairlead::upstream
