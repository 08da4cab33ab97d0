#include "proxy/server/event_feed.hpp"

#include "proxy/admin/page_stream.hpp"
#include "proxy/server/event_query.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace fairlead::server {

// A place among the streams, for as long as it lives.
class event_feed::seat
{
public:
    explicit seat(event_feed& of) noexcept
        : of_(of)
    {
        ++of_.streams_;
    }
    ~seat() { --of_.streams_; }
    seat(const seat&) = delete;
    seat& operator=(const seat&) = delete;

private:
    event_feed& of_;
};

admin::page event_feed::page(const std::shared_ptr<event_feed>& feed)
{
    const auto refuse = [feed](const admin::page_request& asked) { return feed->refusal(asked); };
    const auto stream = [feed](const admin::page_request& asked, admin::page_stream& to) {
        return send(feed, read_events_query(admin::query_of(asked.target)).every, to);
    };
    return {.path = "/events", .methods = "GET", .refuse = refuse, .stream = stream};
}

std::optional<admin::page_answer> event_feed::refusal(const admin::page_request& asked) const
{
    const std::string problem = read_events_query(admin::query_of(asked.target)).problem;
    if (!problem.empty()) return admin::error_answer(400, problem);
    if (streams_ < most_streams) return std::nullopt;
    admin::page_answer full = admin::error_answer(503, "as many watch as may");
    full.header_lines = "Retry-After: 5\r\n";
    return full;
}

std::shared_ptr<const std::string> event_feed::status_event()
{
    const auto now = std::chrono::steady_clock::now();
    if (!last_ || now - made_ > shared_for) {
        last_ = std::make_shared<const std::string>(
            event_text("status", boost::json::serialize(process_.status().body)));
        made_ = now;
    }
    return last_;
}

net::task<> event_feed::send(std::shared_ptr<event_feed> feed, std::chrono::milliseconds every,
                             admin::page_stream& to)
{
    const seat taken(*feed);
    bool goes_on = co_await to.begin("text/event-stream");
    while (goes_on) {
        const auto began = std::chrono::steady_clock::now();
        const std::shared_ptr<const std::string> event = feed->status_event();
        if (!co_await to.write(*event)) break;
        // A client that was slow has missed some; what comes next is not late.
        const auto spent = std::chrono::steady_clock::now() - began;
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(every - spent);
        goes_on = co_await to.wait(std::max(rest, std::chrono::milliseconds(0)));
    }
}

} // namespace fairlead::server
