// A session whose route wants a password: asks for it, has it verified, and tells the backend who it is.
#include "proxy/http/session.hpp"

#include "proxy/http/basic_credentials.hpp"
#include "proxy/http/field_syntax.hpp"
#include "proxy/http/password_verifier.hpp"
#include "proxy/http/route_gate.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace fairlead::http {
namespace {

using metrics::password_result;

struct password_refusal
{
    unsigned status = 401;
    metrics::refusal why = metrics::refusal::unauthorized;
    std::string_view reason = {}; // static text
    std::string header_lines = {};
};

std::string retry_line(std::chrono::nanoseconds after)
{
    const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(after).count());
    return "Retry-After: " + std::to_string(seconds) + "\r\n";
}

password_refusal refusal_for(const password_question::answer& told, std::string_view realm)
{
    const auto challenge = [&](std::string_view reason) {
        return password_refusal{.reason = reason, .header_lines = challenge_line(realm)};
    };
    switch (told.what) {
    case password_result::missing: return challenge("a password is wanted here");
    case password_result::malformed: return challenge("what was sent in Authorization is no password");
    case password_result::limited:
        return {429, metrics::refusal::password_rate, "too many wrong passwords came from this address",
                retry_line(told.retry_after)};
    case password_result::queue_full:
        return {503, metrics::refusal::password_queue_full,
                "as many passwords as may wait to be verified do already", retry_line(told.retry_after)};
    case password_result::wrong:
    case password_result::client_left:
    case password_result::passed:
    case password_result::remembered: break;
    }
    return challenge("the user or the password is wrong");
}

password_question::answer answer_without_question(basic_credentials::state what)
{
    return {what == basic_credentials::state::missing ? password_result::missing
                                                      : password_result::malformed};
}

} // namespace

// Nothing: it passes.
net::task<std::optional<afterwards>> session::meet_password(const conf::basic_auth_options& wanted,
                                                            bool may_keep)
{
    basic_credentials sent = read_basic_credentials(request_.fields);
    password_question::answer told = answer_without_question(sent.what);
    if (sent.what == basic_credentials::state::given) {
        const claimed_user user = find_user(wanted.users, sent.user);
        const password_claim claim{sent.user, user.entry.hash, user.is_known,
                                   key_of_client(request_.ends.client)};
        password_question question(*request_.service->shared->passwords, services_.executor, client_,
                                   services_.wheel);
        asking_ = &question;
        told = co_await question.ask(claim, sent.password);
        asking_ = nullptr;
    }
    request_.route->http_cells().passwords[told.what].add();
    if (told.what == password_result::passed || told.what == password_result::remembered) {
        let_user_in(wanted, std::move(sent.user));
        co_return std::nullopt;
    }
    if (told.what == password_result::client_left) {
        request_.reason = "the client left before its password was verified";
        log_request();
        co_return afterwards::close;
    }
    const password_refusal refused = refusal_for(told, wanted.realm);
    co_return co_await answer(refused.status, refused.why, refused.reason, refused.header_lines, may_keep);
}

// What the route itself sends in Authorization is another's password, and goes on.
void session::let_user_in(const conf::basic_auth_options& by, std::string name)
{
    const auto is_authorization = [](const conf::header_value& each) {
        return equal_ignoring_case(each.name, "Authorization");
    };
    std::vector<conf::header_value> known;
    if (!by.forward_user.empty()) known.push_back({by.forward_user, name});
    if (!by.pass_authorization &&
        std::ranges::none_of(request_.route->options().set_headers, is_authorization))
        known.push_back({"Authorization", ""});
    request_.user = std::move(name);
    request_.add_known(std::move(known));
}

} // namespace fairlead::http
