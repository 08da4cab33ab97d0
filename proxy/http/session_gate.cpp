// A session between a request's route and its backend: who may come in, and what the route answers itself.
#include "proxy/http/session.hpp"

#include "proxy/http/cors.hpp"
#include "proxy/http/error_response.hpp"
#include "proxy/http/own_answer.hpp"
#include "proxy/http/route_gate.hpp"
#include "proxy/net/memory_account.hpp"
#include "proxy/routing/path_readings.hpp"

namespace fairlead::http {

// Who is new goes first, and who would stay: what is there already goes on as long as it can.
bool session::is_to_be_shed() const noexcept
{
    switch (net::memory_account::pressure()) {
    case net::memory_pressure::none: return false;
    case net::memory_pressure::high: return is_new_ || request_.facts.is_upgrade;
    case net::memory_pressure::full: break;
    }
    return true;
}

// A preflight goes by the route of the request that it announces, where that one answers preflights; to any
// other route it is an OPTIONS like all.
session::route_choice session::find_route()
{
    if (const auto announced = preflight_method(request_.fields, request_.facts)) {
        const route_choice choice = take_route(*announced);
        if (request_.route != nullptr && request_.route->options().edge.cors) return choice;
    }
    return take_route(request_.facts.method_text);
}

session::route_choice session::take_route(std::string_view method)
{
    request_.route = match_route(method, request_.facts.path);
    if (request_.route == nullptr) return route_choice::none;
    for (const std::string& reading : routing::other_readings(request_.facts.path)) {
        const route_view* const other = match_route(method, reading);
        if (other != nullptr && other != request_.route) return route_choice::in_doubt;
    }
    return route_choice::found;
}

net::task<std::optional<afterwards>> session::meet_at_gate(bool may_keep)
{
    const conf::edge_options& edge = request_.route->options().edge;
    const auto turned = turn_away(edge, request_.fields, request_.ends.client, request_.route->rates(),
                                  request_.began_at.time_since_epoch());
    if (turned) {
        co_return co_await answer(turned->status, turned->why, turned->reason, turned->header_lines,
                                  may_keep);
    }
    if (edge.cors && preflight_method(request_.fields, request_.facts))
        co_return co_await answer_preflight(may_keep);
    if (edge.is_final()) co_return co_await answer_by_route(may_keep);
    if (const token_rules* rules = request_.route->tokens()) {
        token_verdict token = judge_token(*rules);
        if (!token.passes) {
            co_return co_await answer(401, metrics::refusal::unauthorized, token.reason,
                                      "WWW-Authenticate: Bearer\r\n", may_keep);
        }
        request_.add_known(std::move(token.fields));
    }
    if (edge.basic_auth) co_return co_await meet_password(*edge.basic_auth, may_keep);
    co_return std::nullopt;
}

token_verdict session::judge_token(const token_rules& rules) const
{
    const auto tokens = find_tokens(rules.options, request_.fields, request_.facts);
    if (tokens.empty()) return {false, "a token is wanted here", {}};
    if (tokens.size() > 1) return {false, "there is more than one token", {}};
    return check_token(rules, tokens.front(), std::chrono::system_clock::now());
}

net::task<afterwards> session::answer_by_route(bool may_keep)
{
    const conf::edge_options& edge = request_.route->options().edge;
    if (lacks_host(edge, request_.host)) {
        co_return co_await answer(400, metrics::refusal::bad_request, "there is no host to send this to", {},
                                  may_keep);
    }
    const bool keeps = may_keep && !is_leaving();
    const std::string cors = request_.cors_lines();
    out_.clear();
    request_.status = append_own_answer(
        out_, edge,
        {request_.facts, request_.host, tls_ ? "https" : "http", keeps, hsts_line(), date_line(), cors});
    co_return co_await send_answer(keeps);
}

net::task<afterwards> session::answer_options(bool may_keep)
{
    const bool keeps = may_keep && !is_leaving();
    const std::string cors = request_.cors_lines();
    out_.clear();
    append_options_answer(out_, {keeps, false, {}, hsts_line(), date_line(), cors});
    request_.status = 200;
    co_return co_await send_answer(keeps);
}

// It carries no credentials, so none are asked of it.
net::task<afterwards> session::answer_preflight(bool may_keep)
{
    const bool keeps = may_keep && !is_leaving();
    out_.clear();
    append_preflight_answer(out_, *request_.route->options().edge.cors, request_.fields, request_.facts,
                            {keeps, false, {}, hsts_line(), date_line()});
    request_.status = 204;
    co_return co_await send_answer(keeps);
}

} // namespace fairlead::http
