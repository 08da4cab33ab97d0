// One client connection while it speaks HTTP: reads heads, applies the rules, finds the route, runs the
// exchanges.
//
//   read head ─► rules ─► route ─► exchange ─┬─► keep: again
//       │          │        │                ├─► close, with a short wait for what the client still sends
//       └──────────┴────────┴─► answer 4xx   └─► tunnelled: the relay has the sockets, the session ends
//
// Costs while idle between requests: this object and its coroutine frame, no buffer. Bounds: one head of
// limits.header_bytes; timeouts.keep_alive for the first byte, timeouts.head for the rest.
// Thread: the worker's. Lifetime: its own coroutine's; the services outlive it.
#pragma once

#include "proxy/http/head_parser.hpp"
#include "proxy/http/request.hpp"
#include "proxy/http/session_services.hpp"
#include "proxy/net/deadline.hpp"
#include "proxy/net/read_buffer.hpp"
#include "proxy/net/stream.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fairlead::http {

class exchange;
class password_question;
struct arrival;

class session final : public session_hook
{
public:
    // The ends as they are to be believed: the connection's own or those of its PROXY protocol header.
    session(session_services& services, net::stream client, const arrival& how);
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session();

    net::task<> run();
    void drain() noexcept override;
    void abort() noexcept override;
    bool make_way(net::milliseconds_count before) noexcept override;

private:
    enum class head_outcome : std::uint8_t
    {
        ready,
        closed,
        refused
    };
    enum class route_choice : std::uint8_t
    {
        found,
        none,
        in_doubt // a backend may take the path for one that another route is for
    };

    // What the session answers by itself; its texts are static.
    struct early_answer
    {
        unsigned status;
        metrics::refusal cause;
        std::string_view reason;
        std::string_view header_lines = {};
        bool keeps = false;
    };

    void take_head(const parse_result& parsed);
    net::task<head_outcome> read_head(parse_result parsed);
    net::task<afterwards> serve();
    net::task<bool> wait_for_request();
    net::task<afterwards> answer(unsigned status, metrics::refusal why, std::string_view reason,
                                 std::string_view header_lines, bool may_keep);
    net::task<std::optional<afterwards>> meet_at_gate(bool may_keep); // nothing: on to the backend
    token_verdict judge_token(const token_rules& rules) const;
    net::task<std::optional<afterwards>> meet_password(const conf::basic_auth_options& wanted, bool may_keep);
    void let_user_in(const conf::basic_auth_options& by, std::string name);
    net::task<afterwards> answer_by_route(bool may_keep);
    net::task<afterwards> answer_options(bool may_keep);
    net::task<afterwards> answer_preflight(bool may_keep);
    bool asks_for_head() const;
    net::task<> take_turns();
    net::task<afterwards> send_answer(bool keeps);
    net::task<afterwards> redirect();
    bool is_to_be_shed() const noexcept;
    std::optional<early_answer> judge_request();
    std::optional<early_answer> choose_route(bool may_keep);
    route_choice find_route();
    route_choice take_route(std::string_view method);
    route_view* match_route(std::string_view method, std::string_view path) const;
    std::string_view hsts_line() const noexcept;
    std::string_view date_line() noexcept { return services_.date.at(std::chrono::system_clock::now()); }
    void begin_request();
    void believe_trusted_peer();
    void follow_trace();
    void log_request();
    bool is_leaving() const noexcept { return services_.is_draining || came_by().is_draining; }
    const conf::config& config() const { return services_.current->shared->config; }

    session_services& services_;
    net::stream client_;
    net::deadline limit_;
    net::read_buffer in_;
    request_head_parser parser_;
    request request_;
    std::string out_;
    std::string path_room_; // of a path that was not sent in its canonical form
    const net::connection_ends ends_;
    const std::string peer_ip_;                             // without port; empty for a Unix socket
    const std::string peer_address_;                        // for the log
    const std::shared_ptr<const tls::handshake_facts> tls_; // null: plain
    const std::string certificate_;                         // as a backend is told; empty: none
    std::string told_client_; // the same of the client that a trusted peer named
    exchange* running_ = nullptr;
    password_question* asking_ = nullptr;
    std::size_t head_bytes_ = 0;
    net::milliseconds_count waiting_since_ = 0;
    std::uint32_t pipelined_ = 0; // requests that were there before the last answer was out
    bool is_waiting_ = false;     // for a request's first byte
    bool is_new_ = true;          // no request has come to its end
    bool is_tunnelled_ = false;
};

} // namespace fairlead::http
