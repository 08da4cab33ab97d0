// Many tunnels over a long time: messages of all sizes at a pace, tunnels that end and come, backends that
// end and come back.
//
// Tunnel i asks for the host backend-N.bench.example with N = i % backends, and speaks TLS where that is
// given for one in five. An end is expected between expect(N) and the moment when, after restore(N), the last
// tunnel of N that was there has ended; any other is counted, and so is a wrong byte and an answer that does
// not come within the plan's patience. Whatever ends is dialled again, so that one failure does not hide the
// next.
// One thread; the poller outlives it. Errors: std::system_error for sockets; a failure of a tunnel is
// counted, and the first ones are told on stderr.
#pragma once

#include "bench/load/destination.hpp"
#include "bench/load/echo_message.hpp"
#include "bench/load/poller.hpp"
#include "bench/load/websocket_client.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace fairlead::bench {

struct soak_plan
{
    destination plain;
    destination tls; // without TLS where the run has none
    std::uint64_t tunnels;
    std::uint64_t backends;
    std::chrono::seconds patience; // with an answer
};

struct soak_totals
{
    std::uint64_t opened = 0;
    std::uint64_t echoes = 0;
    std::uint64_t echoed_bytes = 0;
    std::uint64_t closed = 0; // by us, with a Close handshake
    std::uint64_t reset = 0;  // by us, also with a message out
    std::uint64_t expected_ends = 0;
    std::uint64_t unexpected_ends = 0;
    std::uint64_t corrupted = 0;
    std::uint64_t silent = 0;
};

class soak_tunnels
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    soak_tunnels(const soak_plan& plan, poller& events);

    void on_event(const epoll_event& event);
    void say_next(); // one message on the next tunnel that is free for it; none where few are
    void end_next(); // ends one, every fourth by a RST
    void sweep();    // dials what is missing and counts who is silent; due every few milliseconds

    void expect(std::uint64_t backend);
    void restore(std::uint64_t backend);

    [[nodiscard]] std::uint64_t open_now() const;
    [[nodiscard]] const soak_totals& totals() const noexcept { return totals_; }

private:
    enum class phase : std::uint8_t
    {
        gone,
        dialling,
        open,
        saying,
        closing
    };
    enum class backend_state : std::uint8_t
    {
        up,
        expected_to_end,
        coming_back
    };
    struct tunnel
    {
        std::unique_ptr<websocket_client> client{};
        std::uint64_t lives = 0;
        phase now = phase::gone;
        time_point since{}; // of what is awaited
        std::size_t message = 0;
    };

    static constexpr std::uint64_t max_dialling = 64;

    [[nodiscard]] destination destination_of(std::uint64_t index) const;
    [[nodiscard]] backend_state& state_of(std::uint64_t index) { return states_[index % plan_.backends]; }
    void dial(std::uint64_t index);
    void enter(std::uint64_t index, phase next);
    void bury(std::uint64_t index);
    void on_end(std::uint64_t index, const char* what);
    void on_progress(std::uint64_t index, websocket_client::progress made);
    void tell(const char* what) const;
    void readmit();

    soak_plan plan_;
    poller& events_;
    soak_totals totals_;
    std::vector<tunnel> tunnels_;
    std::vector<backend_state> states_;
    std::deque<std::uint64_t> missing_; // whom sweep() dials
    std::uint64_t dialling_ = 0;
    std::uint64_t said_ = 0;
    std::uint64_t next_to_say_ = 0;
    std::uint64_t next_to_end_ = 0;
    std::uint64_t ended_ = 0;
    std::array<echo_message, 4> messages_{echo_message{64}, echo_message{1024}, echo_message{16 * 1024},
                                          echo_message{256 * 1024}};
    std::vector<char> scratch_;
};

} // namespace fairlead::bench
