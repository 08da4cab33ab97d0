// One request and its response: a connection to a backend, the request there, the response back.
//
// The request's body and the response are streamed at the same time when the body did not come with its head,
// so a backend may answer early and a client may send for ever. A request that failed before the backend can
// have seen it is sent once more on a new connection; what else is sent again is the pool's `retry` to say,
// and of it only what came whole with its head. An Upgrade that the backend accepts ends in a tunnel.
//
// A route that has its max_connections, or that an operator drains, answers 503 before anything is
// dialled, and before a service is asked whether the request may pass.
//
// Where the pool hedges, a request that is left unanswered is asked of a second backend too; see hedge.hpp.
//
//   connect ─► send head [and body ...] ─► read head ─┬─ 1xx: forward, read on
//      │                                    │         ├─ 101: verified, handed to the relay
//      └─ 502/503/504                       └─ 502/504└─ else: forward head and body
//
// The pool's total_timeout bounds all of it up to the answer's last byte or the tunnel: 504 while no byte of
// an answer is out, else the answer is cut.
//
// Completes when: the response is through or the exchange failed; the request's log fields are filled in.
// Thread: the worker's. Lifetime: within its session's frame.
#pragma once

#include "proxy/http/answer_edits.hpp"
#include "proxy/http/body_transfer.hpp"
#include "proxy/http/client_watch.hpp"
#include "proxy/http/compression_use.hpp"
#include "proxy/http/exchange_texts.hpp"
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/head_parser.hpp"
#include "proxy/http/hedge.hpp"
#include "proxy/http/request.hpp"
#include "proxy/http/response_rules.hpp"
#include "proxy/http/session_services.hpp"
#include "proxy/http/total_limit.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/event.hpp"
#include "proxy/net/spare_blocks.hpp"
#include "proxy/upstream/connection.hpp"
#include "proxy/websocket/handshake.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fairlead::http {

class auth_check;

class exchange final : public net::in_spare_block,
                       private client_watch::owner,
                       private total_limit::owner,
                       private hedge::owner
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
        stopped    // the client left, its body failed (see body_end_), or a hedge has the answer
    };

    bool may_look() const noexcept override { return !body_is_running(); }
    void client_left() noexcept override;
    void ran_out() noexcept override;

    net::task<std::optional<afterwards>> ask_who_passes();
    bool has_protected_names() const;
    bool choose_upgrade();
    bool may_upgrade() const;
    std::optional<refusal> offer_websocket();
    bool connect_at_once();
    net::task<bool> connect(bool may_reuse);
    void write_request_head();
    void begin_with_proxy_header();
    bool has_whole_body() const;
    conf::duration answer_timeout() const;

    // Whether this attempt is followed by another one, and what it is; see exchange_retry.cpp.
    bool may_retry() const;
    std::optional<metrics::retry_cause> why_again(head_outcome outcome);
    std::optional<metrics::retry_cause> failed_by(head_outcome outcome) const;
    net::task<bool> connect_again(metrics::retry_cause why);
    void blame_for(metrics::retry_cause why);
    void adopt(upstream::connect_outcome&& made);
    void let_go(upstream::connect_outcome& what);

    // Two attempts at once; see exchange_hedge.cpp.
    bool may_hedge() const;
    hedge_question::when ask_again(hedge_question& what) override;
    void overtaken() noexcept override;
    net::task<std::optional<head_outcome>> attempt_in_two();
    net::task<std::optional<head_outcome>> settle_hedge(std::optional<head_outcome> first);
    net::task<head_outcome> take_hedge(std::optional<head_outcome> first);
    void count_hedge(bool takes);
    void record_first(head_outcome came_to);
    void stop_asking() noexcept; // whoever a connection is to be had from

    net::task<afterwards> send_and_receive();
    net::task<head_outcome> attempt();
    body_transfer request_body();
    void note_sent(body_transfer& body);
    net::task<transfer_end> send_body();
    net::task<> pump_body();
    net::task<> stop_pump();
    std::optional<head_outcome> judge_head();
    net::task<head_outcome> read_final_head();
    head_outcome classify_read_failure(const net::error_code& error);
    bool was_unseen(const net::error_code& error);
    bool is_stopped() const;

    bool write_response_head(compression_use& compression);
    body_transfer response_body(const compression_use& compression);
    net::task<afterwards> forward_response();
    answer_edits edits() const;

    // A page in place of the backend's answer; see exchange_intercept.cpp.
    const conf::error_page* intercepting_page() const;
    net::task<afterwards> answer_instead(const conf::error_page& page);
    std::string kept_lines() const;
    void keep_connection();
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
    net::task<afterwards> refuse_for_room();
    std::string_view retry_later() const; // a Retry-After line, not the same one for all
    net::task<afterwards> fail_by_total();
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

    const lent_texts texts_ = lend_texts();
    std::string& before_tls_ = texts_->before_tls;
    std::string& request_head_ = texts_->request_head;
    std::string& response_out_ = texts_->response_out;
    head& response_ = texts_->response;
    response_facts facts_;
    std::size_t response_head_bytes_ = 0;
    std::size_t header_bytes_ = 0;       // of the PROXY protocol, in front of request_head_
    unsigned retries_ = 0;               // that the pool's `retry` counts
    std::vector<std::uint32_t> avoided_; // backends that failed this request, by position
    bool was_unseen_ = false;            // and was sent again for it
    bool is_told_ = false;               // the pool knows what came of this attempt
    std::uint64_t sent_before_ = 0;      // to the backend on this connection, before this request
    std::optional<std::chrono::steady_clock::time_point> asked_whole_at_; // where the pool measures that

    net::deadline body_limit_;
    net::event pump_done_;
    transfer_end body_end_ = transfer_end::complete;
    bool is_pumping_ = false;
    bool is_stopping_ = false; // the pump is told to end
    bool is_waiting_for_head_ = false;
    bool client_left_ = false;
    client_watch watch_;
    total_limit total_;
    auth_check* asking_ = nullptr;
    boost::intrusive_ptr<hedge> hedge_; // null: there is no second attempt
};

} // namespace fairlead::http
