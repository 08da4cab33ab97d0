// A session between a request's route and its backend: who may come in, and what the route answers itself.
#include "proxy/http/session.hpp"

#include "proxy/http/field_syntax.hpp"
#include "proxy/http/own_answer.hpp"
#include "proxy/http/route_gate.hpp"

#include <algorithm>

namespace fairlead::http {

net::task<std::optional<afterwards>> session::meet_at_gate(bool may_keep)
{
    const conf::edge_options& edge = request_.route->options().edge;
    const auto turned = turn_away(edge, request_.fields, request_.ends.client, request_.route->rates(),
                                  request_.began_at.time_since_epoch());
    if (turned) {
        co_return co_await answer(turned->status, turned->why, turned->reason, turned->header_lines,
                                  may_keep);
    }
    if (edge.is_final()) co_return co_await answer_by_route(may_keep);
    if (const token_rules* rules = request_.route->tokens()) {
        token_verdict token = judge_token(*rules);
        if (!token.passes) {
            co_return co_await answer(401, metrics::refusal::unauthorized, token.reason,
                                      "WWW-Authenticate: Bearer\r\n", may_keep && !request_.facts.is_upgrade);
        }
        set_fields(std::move(token.fields));
    }
    if (request_.route->auth_pool() != nullptr) {
        auth_verdict told = co_await ask_who_passes();
        if (!told.passes) {
            co_return co_await answer(told.status, told.why, told.reason, told.header_lines,
                                      may_keep && !request_.facts.is_upgrade);
        }
        set_fields(std::move(told.fields));
    }
    co_return std::nullopt;
}

net::task<auth_verdict> session::ask_who_passes()
{
    auth_check check(services_, request_);
    asking_ = &check;
    auth_verdict verdict = co_await check.run();
    asking_ = nullptr;
    co_return verdict;
}

token_verdict session::judge_token(const token_rules& rules) const
{
    const auto token = find_token(rules.options, request_.fields, request_.facts);
    if (!token) return {false, "a token is wanted here", {}};
    return check_token(rules, *token, std::chrono::system_clock::now());
}

// What who passes is known by wins over what the route sets.
void session::set_fields(std::vector<conf::header_value> known)
{
    const std::vector<conf::header_value> before =
        request_.set_fields.empty() ? request_.route->options().set_headers : std::move(request_.set_fields);
    request_.set_fields = std::move(known);
    for (const auto& each : before) {
        const auto has_name = [&](const auto& other) { return equal_ignoring_case(other.name, each.name); };
        if (std::ranges::none_of(request_.set_fields, has_name)) request_.set_fields.push_back(each);
    }
}

net::task<afterwards> session::answer_by_route(bool may_keep)
{
    const bool keeps = may_keep && !is_leaving() && !request_.facts.is_upgrade;
    out_.clear();
    request_.status =
        append_own_answer(out_, request_.route->options().edge,
                          {request_.facts, request_.host, tls_ ? "https" : "http", keeps, hsts_line()});
    co_return co_await send_answer(keeps);
}

} // namespace fairlead::http
