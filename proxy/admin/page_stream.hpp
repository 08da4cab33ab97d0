// A response without an end of its own: server-sent events, a trace that goes on. A page that has `stream`
// writes to it in its own coroutine, for as long as it likes and the client stays.
//
//   co_await to.begin("text/event-stream");
//   while (co_await to.wait(15s))                      // or until wake()
//       if (!co_await to.write(what_is_new())) break;  // one chunk
//
// Each step tells whether to go on: false when the client has left or did not take the bytes within 10 s, or
// the process ends. Whoever has something to tell calls wake(); what is to be written is the page's to keep
// and to bound. The response ends with the coroutine. Thread: the main thread's. Lifetime: the page's
// coroutine; nobody may call wake() after it.
#pragma once

#include "proxy/admin/page.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/stream.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace fairlead::admin {

class page_stream
{
public:
    // `head_lines` are those of every response, each with its CRLF. Without `is_chunked` the response ends
    // with the connection, as HTTP/1.0 has it.
    page_stream(net::stream& client, net::deadline& limit, std::string head_lines, bool is_chunked);
    page_stream(const page_stream&) = delete;
    page_stream& operator=(const page_stream&) = delete;

    net::task<bool> begin(std::string_view content_type);
    // Instead of begin(): there is nothing to stream. Nothing is written behind it.
    net::task<> refuse(const page_answer& why);
    net::task<bool> write(std::string_view bytes); // not empty
    // Completes at wake(), which may have been before, at the end of the time, or when it is over.
    net::task<bool> wait(std::chrono::milliseconds at_most);
    void wake() noexcept;
    bool is_over() const noexcept { return is_over_; }

    // The connection's: the client has left, or what it sends is more than a client of a stream has to say.
    void end() noexcept;
    net::task<> write_end();

    // The process's: each step from now on tells to end, and the response ends in order.
    void finish() noexcept;

private:
    using timer =
        net::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        net::asio::wait_traits<std::chrono::steady_clock>, net::executor>;

    net::task<bool> send(net::stream::pieces pieces);

    net::stream& client_;
    net::deadline& limit_;
    timer timer_;
    std::string head_lines_;
    bool is_chunked_;
    bool has_begun_ = false;
    bool is_awake_ = false; // wake() came while nobody waited
    bool is_finishing_ = false;
    bool is_over_ = false;
};

} // namespace fairlead::admin
