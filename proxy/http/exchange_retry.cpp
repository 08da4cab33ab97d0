// Whether a request that failed is sent again, and to whom.
//
// A request is sent again only when all of it is here, nothing of an answer went to the client, and the
// client is still there. One that no backend can have seen is, once, whatever it asks for; others as the
// pool's `retry` says, while its budget has something left. Another backend is preferred, and where none can
// be had, what the last one did is what the client gets: an answer that was a reason to try again is kept
// until there is a better one.
#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/exchange.hpp"

#include <algorithm>
#include <utility>

namespace fairlead::http {
namespace {

// RFC 9110 9.2.2; one we do not know may do anything.
bool is_idempotent(method_kind method) noexcept
{
    switch (method) {
    case method_kind::get:
    case method_kind::head:
    case method_kind::put:
    case method_kind::delete_:
    case method_kind::options: return true;
    case method_kind::post:
    case method_kind::patch:
    case method_kind::other: break;
    }
    return false;
}

bool contains(const std::vector<conf::status_range>& ranges, unsigned status) noexcept
{
    return std::ranges::any_of(
        ranges, [&](const conf::status_range& each) { return each.first <= status && status <= each.last; });
}

} // namespace

bool exchange::may_retry() const
{
    const conf::retry_options* rules = pool().retry();
    return rules != nullptr && has_whole_body() &&
           (rules->non_idempotent || is_idempotent(asked_.facts.method));
}

// One attempt's share of the wait for an answer.
conf::duration exchange::answer_timeout() const
{
    const conf::duration whole = pool().response_timeout();
    if (!may_retry() || pool().retry()->try_timeout.count() == 0) return whole;
    const conf::duration one = pool().retry()->try_timeout;
    return whole.count() == 0 ? one : std::min(one, whole);
}

std::optional<metrics::retry_cause> exchange::failed_by(head_outcome outcome) const
{
    const conf::retry_options& rules = *pool().retry();
    switch (outcome) {
    case head_outcome::ready:
        if (!facts_.is_switching && contains(rules.statuses, facts_.status))
            return metrics::retry_cause::status;
        break;
    case head_outcome::unseen:
    case head_outcome::failed:
        if (rules.on_reset && connected_.made->unread.empty()) return metrics::retry_cause::reset;
        break;
    case head_outcome::overdue:
        if (rules.on_timeout && connected_.made->unread.empty()) return metrics::retry_cause::timeout;
        break;
    case head_outcome::malformed:
    case head_outcome::stopped: break;
    }
    return std::nullopt;
}

// Nothing: what came of the attempt stands.
std::optional<metrics::retry_cause> exchange::why_again(head_outcome outcome)
{
    if (client_left_ || total_.is_over()) return std::nullopt;
    if (outcome == head_outcome::unseen && has_whole_body() && !std::exchange(was_unseen_, true))
        return metrics::retry_cause::unseen;
    if (!may_retry() || retries_ == pool().retry()->attempts) return std::nullopt;
    const auto why = failed_by(outcome);
    if (!why) return std::nullopt;
    if (!pool().retries().spend()) {
        asked_.route->pool().cells[connected_.position]->retries_withheld.add();
        return std::nullopt;
    }
    ++retries_;
    return why;
}

// The pool learns of each attempt, not only of the last.
void exchange::blame_for(metrics::retry_cause why)
{
    switch (why) {
    case metrics::retry_cause::unseen: break; // a kept connection may end at any time
    case metrics::retry_cause::reset: record_failure(health::failure_kind::broken); break;
    case metrics::retry_cause::timeout: record_failure(health::failure_kind::overdue); break;
    case metrics::retry_cause::status: record_answer(); break;
    }
}

// False: there is no other, and this one is as it was.
net::task<bool> exchange::connect_again(metrics::retry_cause why)
{
    blame_for(why);
    limit_.disarm();
    const std::uint32_t failed = connected_.position;
    upstream::connect_outcome before = std::exchange(connected_, {});
    limit_.guard(&client_.lowest_layer());
    body_limit_.guard(&client_.lowest_layer());
    connecting_.tried = {};
    if (why == metrics::retry_cause::unseen)
        let_go(before);
    else
        avoided_.push_back(failed);
    if (avoided_.size() < pool().backends().size()) {
        for (const std::uint32_t each : avoided_)
            connecting_.tried.add(each);
    } else {
        before.use.reset(); // it may be the one that is asked again, and is not to wait for room that it has
    }
    const bool is_connected = co_await connect(false);
    if (is_connected) {
        asked_.route->pool().cells[failed]->retries[why].add();
        ++asked_.attempts;
        let_go(before);
    } else if (why != metrics::retry_cause::unseen) {
        adopt(std::move(before));
    }
    co_return is_connected;
}

void exchange::let_go(upstream::connect_outcome& what)
{
    if (what.made) credentials::count_end(what.made->stream.tls(), services_.backend_tls);
    what = {};
}

} // namespace fairlead::http
