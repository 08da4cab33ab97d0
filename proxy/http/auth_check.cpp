#include "proxy/http/auth_check.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/field_syntax.hpp"
#include "proxy/http/head_parser.hpp"
#include "proxy/http/proxy_protocol.hpp"

#include <algorithm>
#include <array>

namespace fairlead::http {
namespace {

bool is_for_the_client(unsigned status)
{
    constexpr std::array known{301U, 302U, 303U, 307U, 308U, 401U, 403U};
    return std::ranges::find(known, status) != known.end();
}

} // namespace

auth_check::auth_check(session_services& services, net::stream& client, request& asked)
    : services_(services)
    , asked_(asked)
    , pool_(*asked.route->auth_pool())
    , options_(*asked.route->options().edge.auth_request)
    , limit_(services.wheel)
    , connecting_{*pool_.shared,
                  *pool_.balancer,
                  pool_.cells,
                  asked.service->shared->config.socket,
                  asked.ends,
                  {},
                  true,
                  {},
                  {}}
    , watch_(*this, client, services.wheel)
{}

void auth_check::abort() noexcept
{
    client_left_ = true;
    connecting_.leave();
    if (connected_.made) connected_.made->close();
}

net::task<auth_verdict> auth_check::run()
{
    write_question();
    watch_.start();
    outcome got = co_await ask(true);
    if (got == outcome::stale) {
        connecting_.tried = {};
        got = co_await ask(false);
    }
    watch_.stop();
    if (connected_.made) credentials::count_end(connected_.made->stream.tls(), services_.backend_tls);
    auth_verdict verdict;
    verdict.client_left = client_left_;
    if (client_left_) co_return verdict;
    if (connected_.refused != upstream::no_room::none) verdict.status = 503;
    if (got == outcome::answered) {
        verdict = judge();
        keep_connection();
    } else if (got == outcome::overdue) {
        verdict.status = 504;
        verdict.reason = "who may pass was not told within timeouts.response";
    }
    co_return verdict;
}

void auth_check::client_left() noexcept
{
    client_left_ = true;
    connecting_.leave();
    if (connected_.made) connected_.made->stream.cancel();
}

// What the question has in place of the client's: what is asked for, what is known of the client so far, and
// nothing of what the service itself is to say. Conditions and ranges are about another resource.
std::vector<conf::header_value> auth_check::own_fields() const
{
    const request_facts& facts = asked_.facts;
    std::string uri(facts.is_asterisk ? std::string_view("*") : facts.path);
    if (facts.has_query) uri.append("?").append(facts.query);
    std::vector<conf::header_value> own{{"X-Original-Method", std::string(facts.method_text)},
                                        {"X-Original-URI", std::move(uri)}};
    const auto add = [&own](std::string_view name, std::string_view value) {
        const auto is_it = [&](const auto& each) { return equal_ignoring_case(each.name, name); };
        if (std::ranges::none_of(own, is_it)) own.push_back({std::string(name), std::string(value)});
    };
    for (const auto& each : asked_.known_fields)
        add(each.name, each.value);
    for (const std::string& name : options_.copy_headers)
        add(name, {});
    for (const char* name :
         {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"})
        add(name, {});
    return own;
}

// Everything else that the client sent goes along: cookies, tokens, whatever the service judges by.
void auth_check::write_question()
{
    request_facts facts = asked_.facts;
    facts.method = method_kind::get;
    facts.method_text = "GET";
    facts.path = options_.path;
    facts.query = {};
    facts.has_query = facts.is_asterisk = false;
    facts.framing = {};
    facts.expects_continue = facts.is_upgrade = facts.is_websocket = false;

    const std::vector<conf::header_value> own = own_fields();
    const conf::forward_options& options = asked_.service->shared->config.forward;
    request_forwarding how;
    how.peer_ip = asked_.peer_ip;
    how.is_peer_trusted = asked_.is_peer_trusted;
    if (asked_.tls != nullptr) how.scheme = "https";
    how.x_forwarded = options.x_forwarded;
    how.forwarded = options.forwarded;
    how.request_id_name = options.request_id;
    how.request_id = asked_.id;
    how.default_host = pool_.shared->name();
    how.replaces_trace = asked_.trace.replaces_fields();
    how.traceparent = asked_.trace.traceparent();
    how.certificate_name = options.client_certificate;
    how.certificate = asked_.certificate;
    how.set_headers = own;
    append_request_head(question_, asked_.fields, facts, how);
}

net::task<auth_check::outcome> auth_check::ask(bool may_reuse)
{
    connecting_.may_reuse = may_reuse;
    std::string header;
    append_proxy_header(header, pool_.shared->proxy_protocol(), asked_.ends);
    const bool is_secure = pool_.shared->tls() != nullptr;
    if (is_secure) connecting_.before_tls = header;
    connected_ = co_await services_.connector.connect(connecting_);
    connecting_.before_tls = {};
    if (client_left_) co_return outcome::failed;
    if (!connected_.made)
        co_return connected_.failure == metrics::dial_failure::timeout ? outcome::overdue : outcome::failed;
    net::stream& stream = connected_.made->stream;
    limit_.guard(&stream.lowest_layer());
    limit_.arm(pool_.shared->response_timeout());
    outcome got = outcome::failed;
    const bool begins = !connected_.made->is_reused && !is_secure;
    const net::stream::pieces sent{begins ? std::string_view(header) : std::string_view(), question_};
    const net::error_code error = co_await stream.write(sent);
    if (!error) got = co_await read_head();
    if (got == outcome::failed && limit_.expired()) got = outcome::overdue;
    limit_.disarm();
    limit_.guard(nullptr);
    if (client_left_) co_return got; // which is not the service's fault
    if (got == outcome::failed && connected_.made->is_reused) got = outcome::stale;
    const auto now = std::chrono::steady_clock::now();
    if (got == outcome::failed)
        pool_.shared->record_failure(*connected_.made->to, health::failure_kind::broken, now);
    if (got == outcome::overdue)
        pool_.shared->record_failure(*connected_.made->to, health::failure_kind::overdue, now);
    co_return got;
}

net::task<auth_check::outcome> auth_check::read_head()
{
    const conf::limit_options& limits = asked_.service->shared->config.limits;
    net::read_buffer& unread = connected_.made->unread;
    response_head_parser parser(head_limits{limits.header_bytes, limits.header_count, limits.target_bytes});
    for (;;) {
        const parse_result parsed = parser.parse(unread.unread(), answer_);
        if (parsed.status == parse_status::bad) co_return outcome::failed;
        if (parsed.status == parse_status::done) {
            const response_verdict verdict = check_response(answer_, {method_kind::get, false});
            if (verdict.has_error()) co_return outcome::failed;
            facts_ = *verdict;
            head_bytes_ = parsed.consumed;
            if (!facts_.is_interim) co_return outcome::answered;
            unread.consume(parsed.consumed);
            parser = response_head_parser(
                head_limits{limits.header_bytes, limits.header_count, limits.target_bytes});
            continue;
        }
        if (client_left_) co_return outcome::failed; // before this wait began, so no cancel would end it
        const std::span<char> room = unread.prepare(limits.header_bytes + 1);
        const net::read_result got = co_await connected_.made->stream.read_some(room);
        unread.commit(got.count);
        if (got.error) co_return outcome::failed;
    }
}

// For the next question, when nothing of this answer is still to come.
void auth_check::keep_connection()
{
    upstream::connection& made = *connected_.made;
    const bool has_length = facts_.framing.kind == framing_kind::length;
    const std::size_t body = has_length ? facts_.framing.length : 0;
    const bool is_through = (has_length || facts_.framing.kind == framing_kind::none) &&
                            made.unread.unread().size() == head_bytes_ + body;
    if (!is_through || !facts_.keep_alive || made.to->is_draining()) return;
    if (services_.current->view_of(*pool_.shared) == nullptr) return; // a reload may have removed its backend
    const conf::limit_options& limits = asked_.service->shared->config.limits;
    made.unread.release();
    asked_.has_kept_own |= !made.owner.is_anybody();
    services_.idle.put(std::move(connected_.made), limits.idle_upstream, net::steady_now_ms());
}

auth_verdict auth_check::judge() const
{
    pool_.shared->record_answer(*connected_.made->to, facts_.status);
    auth_verdict verdict;
    if (facts_.status >= 200 && facts_.status < 300) {
        verdict.passes = true;
        for (const std::string& name : options_.copy_headers)
            verdict.fields.push_back({name, std::string(answer_.find(name).value_or(std::string_view()))});
        return verdict;
    }
    if (!is_for_the_client(facts_.status)) return verdict;
    verdict.status = facts_.status;
    verdict.why = metrics::refusal::unauthorized;
    verdict.reason = "this request may not pass";
    for (const field each : answer_) {
        constexpr std::array<std::string_view, 3> passed{"Location", "WWW-Authenticate", "Set-Cookie"};
        const bool goes = std::ranges::any_of(
            passed, [&](std::string_view name) { return equal_ignoring_case(each.name, name); });
        if (goes) verdict.header_lines.append(each.name).append(": ").append(each.value).append("\r\n");
    }
    return verdict;
}

} // namespace fairlead::http
