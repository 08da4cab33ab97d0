// Who says something when: messages at an even rate, of a number of tunnels one after another, without end.
//
// A tunnel has one message out. One that is due meanwhile is owed: it goes out when the echo has come and
// counts from when it was due, so that a proxy that stalls cannot hide what came after. One that goes out
// late though its tunnel was free is the load's own fault and counts from when it went. No I/O, no clock of
// its own; one thread.
#pragma once

#include "bench/load/latencies.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace fairlead::bench {

class pace
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    pace(std::size_t tunnels, std::uint64_t per_second, time_point start);

    // When the next message of all is due.
    [[nodiscard]] time_point next_due() const { return due(next_); }

    // Takes the next message, which is due: the tunnel that says it at once, or nothing where it is owed.
    [[nodiscard]] std::optional<std::size_t> take_next(time_point now);

    // The echo has come. Whether the tunnel says its next message at once.
    [[nodiscard]] bool on_echo(std::size_t tunnel, time_point now);

    // No further messages, owed ones neither.
    void stop() { has_stopped_ = true; }
    [[nodiscard]] bool is_settled() const noexcept { return has_stopped_ && out_ == 0; }
    [[nodiscard]] const latencies& took() const noexcept { return took_; }

private:
    struct tunnel_state
    {
        std::uint64_t said = 0;
        bool is_out = false;
        time_point since{}; // from when the one that is out counts
    };

    [[nodiscard]] time_point due(std::uint64_t message) const;

    time_point start_;
    std::uint64_t per_second_;
    std::uint64_t next_ = 0; // number of messages that were due
    std::size_t out_ = 0;
    bool has_stopped_ = false;
    std::vector<tunnel_state> tunnels_;
    latencies took_;
};

} // namespace fairlead::bench
