#include "proxy/server/connection_trace.hpp"

#include "proxy/admin/page_stream.hpp"
#include "proxy/log/utc_text.hpp"
#include "proxy/server/admin_parameters.hpp"
#include "proxy/server/later_answer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <utility>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using admin::page_request;
using admin::page_stream;
using std::chrono::steady_clock;
using websocket::frame_trace;
using websocket::opcode;
using websocket::side;

constexpr std::chrono::seconds usual_time{60};
constexpr std::chrono::hours longest_time{1};

std::string name_of(opcode code)
{
    switch (code) {
    case opcode::continuation: return "continuation";
    case opcode::text: return "text";
    case opcode::binary: return "binary";
    case opcode::close: return "close";
    case opcode::ping: return "ping";
    case opcode::pong: return "pong";
    }
    return std::to_string(static_cast<unsigned>(code)); // a reserved one
}

std::string_view name_of(side which) { return which == side::client ? "client" : "backend"; }

// Of all traces: the count that bounds them lives as long as any.
class trace_place
{
public:
    explicit trace_place(std::shared_ptr<std::size_t> open)
        : open_(std::move(open))
    {
        ++*open_;
    }
    trace_place(const trace_place&) = delete;
    trace_place& operator=(const trace_place&) = delete;
    ~trace_place() { --*open_; }

private:
    std::shared_ptr<std::size_t> open_;
};

struct trace_request
{
    std::string id;
    std::chrono::milliseconds time;
    std::string problem;
};

trace_request read_request(const page_request& asked)
{
    admin_parameters given(admin::query_of(asked.target), {"for"});
    trace_request out{asked.segments.front(), usual_time, {}};
    if (const auto text = given.text("for")) {
        const auto time = conf::parse_duration(*text);
        if (!time || time->count() == 0 || *time > longest_time)
            given.fail("for is a duration such as 60s, up to 1h");
        else
            out.time = *time;
    }
    out.problem = given.problem();
    return out;
}

// Wakes the stream from another thread; null when the stream is no more.
struct trace_waker
{
    page_stream* to;
};

net::task<> tell(const trace_request& what, trace_text text, frame_trace& trace, page_stream& to)
{
    std::string out;
    json::object begin{{"event", "begin"},
                       {"at", log::utc_text(std::chrono::system_clock::now())},
                       {"id", what.id},
                       {"for", std::chrono::duration<double>(what.time).count()}};
    text.add_line(out, json::serialize(begin));
    frame_trace::batch seen;
    for (;;) {
        trace.take(seen);
        text.add(out, seen);
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(text.begun + what.time - steady_clock::now());
        const bool is_over = !seen.end && left.count() <= 0;
        if (is_over) {
            const json::object last{{"event", "time"}, {"after", text.after(steady_clock::now())}};
            text.add_line(out, json::serialize(last));
        }
        if (!out.empty() && !co_await to.write(out)) co_return;
        if (is_over || seen.end) co_return;
        out.clear();
        if (!co_await to.wait(left)) co_return;
    }
}

std::shared_ptr<frame_trace> trace_for(const net::executor& main, const std::shared_ptr<trace_waker>& waker)
{
    return std::make_shared<frame_trace>([main, waker] {
        net::asio::post(main, [waker] {
            if (waker->to != nullptr) waker->to->wake();
        });
    });
}

net::task<> stream_trace(process_control& process, const page_request& asked, page_stream& to,
                         std::shared_ptr<std::size_t> open)
{
    const trace_request what = read_request(asked);
    admin::page_answer refusal;
    if (!what.problem.empty()) refusal = admin::error_answer(400, what.problem);
    if (*open >= max_traces) {
        refusal = admin::error_answer(503, "there are as many traces as may be");
        refusal.header_lines = "Retry-After: 5\r\n";
    }
    if (refusal.status != 200) {
        co_await to.refuse(refusal);
        co_return;
    }
    const trace_place place(open);
    const net::executor here = co_await net::asio::this_coro::executor;
    const auto waker = std::make_shared<trace_waker>(trace_waker{&to});
    const std::shared_ptr<frame_trace> trace = trace_for(here, waker);
    const trace_text text{steady_clock::now(), asked.accept.find("text/event-stream") != asked.accept.npos};
    const auto ask = [on = &process, id = &what.id, into = &trace](std::function<void(std::uint64_t)> done) {
        on->trace(*id, *into, std::move(done));
    };
    const std::uint64_t found = co_await answer_of<std::uint64_t>(ask);
    std::exception_ptr failure;
    if (found == 0) {
        refusal = admin::error_answer(404, "there is no such WebSocket");
        co_await to.refuse(refusal);
    } else {
        try {
            if (co_await to.begin(text.is_event_stream ? "text/event-stream" : "application/x-ndjson"))
                co_await tell(what, text, *trace, to);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    waker->to = nullptr;
    process.end_trace(trace);
    if (failure) std::rethrow_exception(failure);
}

} // namespace

void trace_text::add_line(std::string& out, std::string_view json) const
{
    if (is_event_stream) out += "data: ";
    out += json;
    out += is_event_stream ? "\n\n" : "\n";
}

// To the microsecond.
double trace_text::after(steady_clock::time_point at) const
{
    const auto time = std::chrono::duration_cast<std::chrono::microseconds>(at - begun);
    return static_cast<double>(std::max<std::int64_t>(0, time.count())) / 1e6;
}

void trace_text::add_frame(std::string& out, const websocket::traced_frame& frame) const
{
    json::object line{{"event", "frame"},
                      {"after", after(frame.at)},
                      {"from", frame.is_ours ? "proxy" : name_of(websocket::other(frame.to))},
                      {"to", name_of(frame.to)},
                      {"opcode", name_of(frame.header.code)},
                      {"fin", frame.header.is_final},
                      {"rsv", frame.header.reserved},
                      {"masked", frame.header.is_masked},
                      {"length", frame.header.length}};
    if (frame.close_code != 0) line["code"] = frame.close_code;
    add_line(out, json::serialize(line));
}

void trace_text::add(std::string& out, const frame_trace::batch& seen) const
{
    for (const websocket::traced_frame& each : seen.frames)
        add_frame(out, each);
    if (seen.left_out != 0) {
        const json::object line{{"event", "left_out"}, {"count", seen.left_out}};
        add_line(out, json::serialize(line));
    }
    if (!seen.end) return;
    json::object line{{"event", "end"},
                      {"after", after(seen.end->at)},
                      {"by", label(seen.end->how.by)},
                      {"cause", label(seen.end->how.cause)}};
    if (seen.end->how.code != 0) line["code"] = seen.end->how.code;
    add_line(out, json::serialize(line));
}

admin::page trace_page(process_control& process)
{
    const auto open = std::make_shared<std::size_t>(0);
    const auto stream = [&process, open](const page_request& asked, page_stream& to) {
        return stream_trace(process, asked, to, open);
    };
    return {.path = "/connections/*/trace", .methods = "GET", .stream = stream};
}

} // namespace fairlead::server
