// GET /events: the status document again and again, as server-sent events.
//
// A document is made when a stream is due and the last one is older than half of the shortest interval, and
// all streams share it: many cost little more than one. Back-pressure: while a client does not take what it
// was sent, it is sent nothing else, and what comes next is the newest; page_stream closes one that takes
// nothing for 10 s. At most `most_streams` at once, then 503. Thread: the main thread's. Lifetime: the
// process outlives it; its pages share it.
#pragma once

#include "proxy/admin/page.hpp"
#include "proxy/server/process_control.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace fairlead::server {

class event_feed
{
public:
    static constexpr std::size_t most_streams = 16;
    static constexpr std::chrono::milliseconds shared_for{500};

    explicit event_feed(const process_control& process)
        : process_(process)
    {}
    event_feed(const event_feed&) = delete;
    event_feed& operator=(const event_feed&) = delete;

    static admin::page page(const std::shared_ptr<event_feed>& feed);

    std::shared_ptr<const std::string> status_event();

private:
    class seat;

    std::optional<admin::page_answer> refusal(const admin::page_request& asked) const;
    static net::task<> send(std::shared_ptr<event_feed> feed, std::chrono::milliseconds every,
                            admin::page_stream& to);

    const process_control& process_;
    std::size_t streams_ = 0;
    std::shared_ptr<const std::string> last_;
    std::chrono::steady_clock::time_point made_{};
};

} // namespace fairlead::server
