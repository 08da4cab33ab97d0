// One request and its response: a connection to a backend, the request there, the response back.
//
// The request's body and the response are streamed at the same time when the body did not come with its head,
// so a backend may answer early and a client may send for ever. A request that failed before the backend can
// have seen it is sent once more on a new connection; nothing else is repeated. An Upgrade that the backend
// accepts ends in a tunnel.
//
// A route that has its max_connections, or that an operator drains, answers 503 before anything is dialled.
//
//   connect ─► send head [and body ...] ─► read head ─┬─ 1xx: forward, read on
//      │                                    │         ├─ 101: verified, handed to the relay
//      └─ 502/503/504                       └─ 502/504└─ else: forward head and body
//
// Completes when: the response is through or the exchange failed; the request's log fields are filled in.
// Thread: the worker's. Lifetime: within its session's frame.
#pragma once

#include "proxy/http/body_transfer.hpp"
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/head_parser.hpp"
#include "proxy/http/request.hpp"
#include "proxy/http/response_rules.hpp"
#include "proxy/http/session_services.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/event.hpp"
#include "proxy/upstream/connection.hpp"
#include "proxy/websocket/handshake.hpp"

#include <optional>
#include <string>

namespace fairlead::http {

class exchange
{
public:
    exchange(session_services& services, net::stream& client, net::deadline& limit, request& asked);
    exchange(const exchange&) = delete;
    exchange& operator=(const exchange&) = delete;

    net::task<afterwards> run();
    void abort() noexcept; // the worker ends: wakes every wait

private:
    enum class head_outcome : std::uint8_t
    {
        ready,
        unseen,    // the backend ended before it can have seen the request
        failed,    // it ended or broke
        malformed, // it answered what no one can read
        overdue,   // it answered nothing in time
        stopped    // the client left, or its body failed: see body_end_
    };

    // Looks every second whether the client is still there while the backend takes its time.
    struct client_watch : net::wheel_entry
    {
        explicit client_watch(exchange& watched)
            : wheel_entry(&client_watch::on_due)
            , owner(watched)
        {}
        static void on_due(net::wheel_entry& entry) noexcept;
        exchange& owner;
    };

    bool choose_upgrade();
    bool may_upgrade() const;
    std::optional<refusal> offer_websocket();
    net::task<bool> connect(bool may_reuse);
    void write_request_head();
    void begin_with_proxy_header();
    bool has_whole_body() const;
    bool may_repeat() const;

    net::task<afterwards> send_and_receive();
    net::task<head_outcome> attempt();
    net::task<transfer_end> send_body();
    net::task<> pump_body();
    net::task<> stop_pump();
    net::task<head_outcome> read_head();
    net::task<head_outcome> read_final_head();
    head_outcome classify_read_failure(const net::error_code& error);
    bool was_unseen(const net::error_code& error);
    bool is_stopped() const;

    net::task<afterwards> forward_response();
    std::string sticky_line();
    bool came_securely() const;
    afterwards after_response(transfer_end end, const body_transfer& body, bool keeps);
    net::task<afterwards> begin_tunnel();
    std::optional<std::string_view> refuse_switch(websocket::agreement& agreed) const;
    net::task<afterwards> fail(head_outcome why);
    void record_failure(health::failure_kind how);
    void record_answer();
    void await_answer();
    net::task<afterwards> fail_connect();
    net::task<afterwards> answer(unsigned status, metrics::refusal why, std::string_view reason,
                                 std::string_view header_lines = {});
    afterwards give_up(std::string_view reason);

    const conf::config& config() const { return asked_.service->shared->config; }
    const upstream::pool& pool() const { return *asked_.route->pool().shared; }
    std::string_view hsts_line() const noexcept // RFC 6797 7.2: over TLS alone
    {
        return asked_.tls != nullptr ? std::string_view(asked_.came_by->hsts_line) : std::string_view();
    }
    bool is_leaving() const { return services_.is_draining || asked_.came_by->is_draining; }
    bool body_is_running() const { return is_pumping_ && !pump_done_.is_set(); }

    session_services& services_;
    net::stream& client_;
    net::deadline& limit_; // of the session: response and client
    request& asked_;

    routing::route_use of_route_;
    routing::client_use of_client_;
    upstream::connect_request connecting_;
    upstream::connect_outcome connected_;
    upgrade_intent intent_ = upgrade_intent::none;
    std::string_view upgrade_token_;
    websocket::client_offer offer_;
    websocket::narrowed_offer narrowed_;

    std::string before_tls_; // to the backend, in the clear
    std::string request_head_;
    std::string response_out_;
    head response_;
    response_facts facts_;
    std::size_t response_head_bytes_ = 0;
    std::uint64_t sent_before_ = 0; // to the backend on this connection, before this request
    std::optional<std::chrono::steady_clock::time_point> asked_whole_at_; // where the pool measures that

    net::deadline body_limit_;
    net::event pump_done_;
    transfer_end body_end_ = transfer_end::complete;
    bool is_pumping_ = false;
    bool is_stopping_ = false; // the pump is told to end
    bool is_waiting_for_head_ = false;
    bool client_left_ = false;
    client_watch watch_;
};

} // namespace fairlead::http
