// What the pages of the admin listeners ask of the process.
#include "proxy/server/connection_report.hpp"
#include "proxy/server/explain_report.hpp"
#include "proxy/server/explain_request.hpp"
#include "proxy/server/supervisor.hpp"

#include <string>
#include <utility>

namespace fairlead::server {
namespace {

constexpr const char* leaving = "this process is shutting down";

} // namespace

control_answer supervisor::reload(bool dry_run)
{
    if (dry_run) return reloads_.look();
    if (is_draining_) return refuse(409, leaving);
    const control_answer answer = reloads_.run(reload_cause::admin);
    follow_files();
    return answer;
}

control_answer supervisor::reloads() const { return reloads_.history(); }

control_answer supervisor::drain(const drain_request& asked)
{
    return is_draining_ ? refuse(409, leaving) : drains_.change(asked, *current_);
}

control_answer supervisor::drains() const { return drains_.describe(); }

control_answer supervisor::rebalance(const std::string& pool)
{
    return is_draining_ ? refuse(409, leaving) : rebalancing_.begin(pool, *current_);
}

control_answer supervisor::rebalancing() const { return rebalancing_.describe(*current_); }

control_answer supervisor::backends() const
{
    control_answer answer = health_.describe(count_tunnels());
    wishes_.describe(answer.body);
    return answer;
}

control_answer supervisor::status() const { return {200, status_.describe()}; }

control_answer supervisor::change_backend(const backend_request& asked)
{
    return is_draining_ ? refuse(409, leaving) : wishes_.change(asked, *current_);
}

control_answer supervisor::explain(const explain_request& asked) const
{
    const auto imagined = imagine(asked);
    if (imagined.has_error()) return refuse(400, imagined.error().why);
    return {200, server::explain(*imagined, *current_, true)};
}

void supervisor::connections(const connections_request& asked, later done)
{
    report_connections(io_, workers_, asked, std::move(done));
}

void supervisor::find(std::shared_ptr<const connection_query> asked, found done)
{
    find_connections(io_, workers_, std::move(asked), std::move(done));
}

void supervisor::trace(const std::string& id, std::shared_ptr<websocket::frame_trace> into,
                       std::function<void(std::uint64_t)> done)
{
    trace_connection(io_, workers_, id, std::move(into), std::move(done));
}

void supervisor::end_trace(std::shared_ptr<websocket::frame_trace> into)
{
    for (auto& each : workers_)
        each->post([into](worker& self) { self.end_trace(*into); });
}

} // namespace fairlead::server
