// What a session tells of a request when it is over: the line of the access log, and the route's counts.
#include "proxy/http/fields_lookup.hpp"
#include "proxy/http/session.hpp"

#include <chrono>

namespace fairlead::http {

namespace {

// As the log may have it: without the query and without a user's name and password, which may be secret.
std::string_view without_secrets(std::string_view target)
{
    target = target.substr(0, target.find_first_of("?#"));
    const auto scheme = target.find("://");
    if (target.starts_with('/') || scheme == target.npos) return target;
    const auto authority = target.substr(scheme + 3, target.find('/', scheme + 3) - scheme - 3);
    const auto user_end = authority.rfind('@');
    return user_end == authority.npos ? target : target.substr(scheme + 3 + user_end + 1);
}

} // namespace

void session::log_request()
{
    const auto duration = std::chrono::steady_clock::now() - request_.began_at;
    if (request_.route != nullptr && request_.status != 0) {
        metrics::http_cells& cells = request_.route->http_cells();
        cells.requests[metrics::class_of(request_.status)].add();
        cells.latency.observe(duration);
    }
    const fields_lookup headers(request_.fields);
    log::exchange_record record;
    record.id = request_.id;
    record.trace_id = request_.trace.id();
    record.client = request_.client_address;
    if (request_.has_head) {
        record.headers = &headers;
        record.method = request_.fields.method();
        record.target = without_secrets(request_.fields.target());
    }
    record.host = request_.host;
    record.user = request_.user;
    if (request_.route != nullptr) {
        record.route = request_.route->options().name;
        record.pool = request_.route->pool_name();
        record.sample = request_.route->options().log_sample;
    }
    record.backend = request_.backend;
    record.reason = request_.reason;
    record.status = request_.status;
    record.attempts = request_.attempts;
    record.hedge = request_.hedge;
    record.queued = std::chrono::duration_cast<std::chrono::microseconds>(request_.queued);
    record.bytes_from_client = request_.bytes_from_client;
    record.bytes_to_client = request_.bytes_to_client;
    record.tls = tls_.get();
    record.duration = std::chrono::duration_cast<std::chrono::microseconds>(duration);
    services_.log.exchange(record);
}

} // namespace fairlead::http
