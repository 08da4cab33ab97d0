#include "proxy/server/admin_pages.hpp"

#include "proxy/dashboard/dashboard_pages.hpp"
#include "proxy/server/admin_control.hpp"
#include "proxy/server/event_feed.hpp"
#include "proxy/server/metrics_page.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace fairlead::server {
namespace {

using admin::page_answer;
using admin::page_request;

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

page_answer readiness(const metrics::registry& metrics)
{
    const metrics::lifecycle now = metrics.current_lifecycle();
    if (now.ready && !now.draining) return {200, "ready\n", plain_text};
    return {503, now.draining ? "draining\n" : "starting\n", plain_text};
}

// What there is, for whoever looks.
std::string contents(const std::vector<admin::page>& pages)
{
    std::string out = "Fairlead\n";
    for (const admin::page& each : pages)
        out += each.path + "\n";
    return out;
}

} // namespace

std::vector<admin::page> process_pages(const metrics::registry& metrics, process_control* process)
{
    const auto tell_metrics = [&metrics](const page_request& asked) {
        return answer_metrics(metrics, asked);
    };
    const auto tell_health = [](const page_request&) { return page_answer{200, "ok\n", plain_text}; };
    const auto tell_readiness = [&metrics](const page_request&) { return readiness(metrics); };
    std::vector<admin::page> pages{{.path = "/metrics", .answer_later = tell_metrics},
                                   {.path = "/healthz", .is_open = true, .answer = tell_health},
                                   {.path = "/readyz", .is_open = true, .answer = tell_readiness}};
    if (process != nullptr) std::ranges::move(control_pages(*process), std::back_inserter(pages));
    if (process != nullptr) pages.push_back(event_feed::page(std::make_shared<event_feed>(*process)));
    std::ranges::move(dashboard::dashboard_pages(contents(pages)), std::back_inserter(pages));
    return pages;
}

} // namespace fairlead::server
