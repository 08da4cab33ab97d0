// An exchange's way to the backend for the request's body: at once, or beside the wait for the answer.
#include "proxy/http/exchange.hpp"

#include "proxy/http/field_syntax.hpp"

#include <exception>

namespace fairlead::http {

body_transfer exchange::request_body()
{
    const bool is_chunked = asked_.facts.framing.kind == framing_kind::chunked;
    body_transfer body{client_,    connected_.made->stream, body_limit_, asked_.facts.framing,
                       is_chunked, request_head_,           asked_.ahead};
    body.max_bytes = config().limits.body_bytes;
    body.read_timeout = config().timeouts.body;
    body.write_timeout = config().timeouts.write;
    body.counted = &asked_.route->http_cells().bytes[metrics::direction::to_backend];
    body.is_stopped = &is_stopping_;
    body.drops_trailers = is_chunked && (has_protected_names() || asked_.facts.connection.names_any());
    return body;
}

void exchange::note_sent(body_transfer& body)
{
    asked_.bytes_from_client = body.bytes;
    asked_.ahead_used = body.ahead_used;
    asked_.behind = std::move(body.behind);
}

net::task<transfer_end> exchange::send_body()
{
    body_transfer body = request_body();
    const transfer_end end = co_await transfer(body);
    note_sent(body);
    co_return end;
}

// A backend may read a trailer as if it were a header: none may bring a name that the proxy vouches for.
bool exchange::has_protected_names() const
{
    const std::string& certificate = config().forward.client_certificate;
    return !asked_.set_headers().empty() || (!certificate.empty() && is_trailer_allowed(certificate));
}

net::task<> exchange::pump_body()
{
    try {
        body_end_ = co_await send_body();
    } catch (const std::exception&) {
        services_.shard.own().exceptions[metrics::exception_cost::session].add();
        body_end_ = transfer_end::source_failed; // out of memory: the exchange ends as if the client had left
    }
    const bool is_clients_fault =
        body_end_ != transfer_end::complete && body_end_ != transfer_end::sink_failed;
    if (is_clients_fault && !is_stopping_)
        connected_.made->stream.cancel();
    else if (is_waiting_for_head_)
        await_answer();
    pump_done_.set();
}

net::task<> exchange::stop_pump()
{
    is_stopping_ = true;
    client_.cancel();
    connected_.made->stream.cancel();
    co_await pump_done_.wait();
}

} // namespace fairlead::http
