// What the relay does for tunnels that somebody looks on at: follows their frames a second time, with a copy
// of the scanner, so that the path of all others stays as it is.
#include "proxy/websocket/frame_trace.hpp"
#include "proxy/websocket/relay.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::websocket {
namespace {

// A Close is told with its code, which may come later than its header.
struct trace_sink
{
    frame_trace& to;
    side sink;
    std::chrono::steady_clock::time_point at;

    void on_frame(const frame_header& header) const noexcept
    {
        const traced_frame seen{at, header, sink};
        auto& unfinished = to.unfinished[index_of(sink)];
        if (header.code != opcode::close)
            to.add(seen);
        else if (!unfinished)
            unfinished = seen;
    }
    void on_message(bool, std::uint64_t) const noexcept {}
    void on_close(std::uint16_t code) const noexcept
    {
        auto& unfinished = to.unfinished[index_of(sink)];
        if (!unfinished) return;
        unfinished->close_code = code;
        to.add(*std::exchange(unfinished, std::nullopt));
    }
};

} // namespace

void relay::trace(tunnel& which, std::shared_ptr<frame_trace> into)
{
    traces_.push_back({&which, std::move(into)});
    which.is_traced = true;
}

void relay::end_trace(const frame_trace& into) noexcept
{
    const auto found = std::ranges::find(traces_, &into, [](const traced& each) { return each.into.get(); });
    if (found == traces_.end()) return;
    tunnel& which = *found->which;
    traces_.erase(found);
    which.is_traced = std::ranges::find(traces_, &which, &traced::which) != traces_.end();
}

// `data` came from that side now; what was held back of it before was seen then.
void relay::trace_frames(const tunnel& which, side from, bytes data) noexcept
{
    const leg& source = which.of(from);
    const auto at = std::chrono::steady_clock::now();
    for (const traced& each : traces_) {
        if (each.which != &which) continue;
        frame_scanner ahead = source.from;
        if (which.held) {
            const frame_part& held = (*which.held)[index_of(from)];
            ignore_frames seen;
            ahead.scan(bytes(held.bytes).first(held.size), seen);
        }
        trace_sink sink{*each.into, other(from), at};
        ahead.scan(data, sink);
    }
}

void relay::trace_own(const tunnel& which, side to, const frame_header& header, std::uint16_t code) noexcept
{
    const traced_frame sent{std::chrono::steady_clock::now(), header, to, true, code};
    for (const traced& each : traces_) {
        if (each.which == &which) each.into->add(sent);
    }
}

void relay::end_traces(const tunnel& which) noexcept
{
    std::erase_if(traces_, [&](const traced& each) {
        if (each.which != &which) return false;
        each.into->end(which.end);
        return true;
    });
}

} // namespace fairlead::websocket
