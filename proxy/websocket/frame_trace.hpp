// The headers of one tunnel's frames as they pass, for whoever looks on: never a byte of payload.
//
// The relay adds, the onlooker takes, each on its own thread; a mutex, held for one entry or one exchange,
// lies between them, and tunnels that nobody looks at know nothing of it. Bounds: `most` frames wait to be
// taken; then frames are left out and counted. add() and end() do not allocate.
#pragma once

#include "proxy/websocket/frame_scanner.hpp"
#include "proxy/websocket/side.hpp"
#include "proxy/websocket/tunnel.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace fairlead::websocket {

struct traced_frame
{
    std::chrono::steady_clock::time_point at;
    frame_header header;
    side to = side::client;       // who gets it
    bool is_ours = false;         // the proxy sends it by itself; else the other side did
    std::uint16_t close_code = 0; // of a Close; 1005: it has none
};

struct traced_end
{
    std::chrono::steady_clock::time_point at;
    tunnel_end how;
};

class frame_trace
{
public:
    static constexpr std::size_t most = 4'096;

    // `tell` is called on the relay's thread when there is something where there was nothing.
    explicit frame_trace(std::function<void()> tell);
    frame_trace(const frame_trace&) = delete;
    frame_trace& operator=(const frame_trace&) = delete;

    void add(const traced_frame& frame) noexcept;
    void end(const tunnel_end& how) noexcept;

    struct batch
    {
        std::vector<traced_frame> frames;
        std::uint64_t left_out = 0; // behind them
        std::optional<traced_end> end;
    };
    // What there is; the memory of `into` is used again.
    void take(batch& into);

    // A Close whose code has yet to come, by the side it goes to. The relay's.
    std::array<std::optional<traced_frame>, 2> unfinished;

private:
    template <class Change>
    void change(Change what) noexcept;

    std::function<void()> tell_;
    std::mutex mutex_;
    batch waiting_;
};

} // namespace fairlead::websocket
