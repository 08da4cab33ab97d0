// GET /connections/ID/trace?for=60s: the headers of a WebSocket's frames as they pass, a JSON document a
// line, or server-sent events for who accepts those.
//
//   {"event":"begin","at":"2026-...Z","id":"...","for":60}
//   {"event":"frame","after":1.000213,"from":"client","to":"backend","opcode":"text","fin":true,"rsv":0,
//    "masked":true,"length":5}           a Close has "code" too; what the proxy itself sends is from "proxy"
//   {"event":"left_out","count":12}      frames that came faster than they could be told
//   {"event":"end","after":5.1,"by":"client","cause":"close","code":1000}     the tunnel has ended
//   {"event":"time","after":60}                                               the trace has
//
// `after` is in seconds since `at`. Bounds: four traces of a process at once, an hour each, 4,096 frames that
// wait. Thread: the main thread's.
#pragma once

#include "proxy/admin/page.hpp"
#include "proxy/server/process_control.hpp"
#include "proxy/websocket/frame_trace.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace fairlead::server {

inline constexpr std::size_t max_traces = 4;

struct trace_text
{
    std::chrono::steady_clock::time_point begun;
    bool is_event_stream = false;

    void add_line(std::string& out, std::string_view json) const;
    void add(std::string& out, const websocket::frame_trace::batch& seen) const;
    void add_frame(std::string& out, const websocket::traced_frame& frame) const;
    double after(std::chrono::steady_clock::time_point at) const;
};

admin::page trace_page(process_control& process);

} // namespace fairlead::server
