// Many tunnels that were opened and stay: silent, or with a message on each, or at an even pace.
//
// Watches stdin as well. A byte or an end that nobody asked for on any tunnel is an error. With a source, as
// many tunnels as per_source come from that address, the next from the one after it, and so on.
// One thread; the poller outlives it. Errors: as of websocket_client.
#pragma once

#include "bench/load/destination.hpp"
#include "bench/load/latencies.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/websocket_client.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace fairlead::bench {

class idle_tunnels
{
public:
    // in_flight: how many at once are being opened, or echo.
    idle_tunnels(const destination& to, std::uint64_t in_flight, poller& events);

    [[nodiscard]] std::uint64_t count() const noexcept { return clients_.size(); }

    void open(std::uint64_t more);

    // Opens more one by one: how long each took, from before connect() to the 101.
    [[nodiscard]] std::vector<std::chrono::nanoseconds> probe(std::uint64_t more);

    void echo(std::size_t payload_bytes); // one message on every tunnel

    // Messages at an even rate over all tunnels until a line comes on stdin; see pace.hpp for what is
    // counted.
    [[nodiscard]] latencies echo_at_pace(std::uint64_t per_second);

    struct leaving
    {
        std::chrono::nanoseconds at; // since the first of them left
        std::uint16_t code;          // of the Close
    };
    // Until the other side has closed every tunnel; in the order of their ends.
    [[nodiscard]] std::vector<leaving> await_closes();

    void wait_for_stdin();
    void reset_all();

private:
    void dial();
    websocket_client::progress advance(const epoll_event& event);

    static constexpr std::uint64_t per_source = 500;

    destination to_;
    std::uint64_t in_flight_;
    poller& events_;
    char stdin_tag_ = 0;
    bool stdin_ready_ = false;
    std::vector<char> scratch_;
    std::vector<std::unique_ptr<websocket_client>> clients_;
};

} // namespace fairlead::bench
