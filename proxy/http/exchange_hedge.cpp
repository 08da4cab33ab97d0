// A request that two backends may be asked: the first attempt is the exchange's own, the second the hedge's.
//
// Who answers first serves the client, unless the answer is an error of the backend's and the other may still
// do better. What the first attempt came to is for the pool to know either way: that it was slow, above all.
#include "proxy/http/exchange.hpp"

#include <chrono>
#include <utility>

namespace fairlead::http {
namespace {

constexpr unsigned first_error_status = 500;

// RFC 9110 9.2.1: these ask for nothing to be done. The others of 9.2.2 are for the operator to allow.
bool may_be_asked_twice(method_kind method, bool is_idempotent_enough) noexcept
{
    switch (method) {
    case method_kind::get:
    case method_kind::head:
    case method_kind::options: return true;
    case method_kind::put:
    case method_kind::delete_: return is_idempotent_enough;
    case method_kind::post:
    case method_kind::patch:
    case method_kind::other: break;
    }
    return false;
}

} // namespace

bool exchange::may_hedge() const
{
    const conf::hedge_options* rules = pool().hedge();
    return rules != nullptr && intent_ == upgrade_intent::none && has_whole_body() &&
           pool().backends().size() > 1 && may_be_asked_twice(asked_.facts.method, rules->idempotent);
}

void exchange::stop_asking() noexcept
{
    connecting_.leave();
    if (hedge_) hedge_->give_up();
}

hedge_question::when exchange::ask_again(hedge_question& what)
{
    const bool has_begun_to_answer =
        connected_.made && (response_head_bytes_ != 0 || !connected_.made->unread.empty());
    if (client_left_ || total_.is_over() || has_begun_to_answer) return hedge_question::when::never;
    if (!connecting_.chosen || connecting_.place != nullptr) return hedge_question::when::later;
    what.text = request_head_.substr(header_bytes_);
    if (asked_.facts.framing.has_body())
        what.text += asked_.ahead.substr(0, static_cast<std::size_t>(asked_.facts.framing.length));
    what.tried = connecting_.tried;
    what.first = *connecting_.chosen;
    what.timeout = answer_timeout();
    return hedge_question::when::now;
}

// Whatever the first attempt waits for ends; is_stopped() says so.
void exchange::overtaken() noexcept
{
    if (connected_.made)
        connected_.made->stream.cancel();
    else
        connecting_.leave();
}

// Nothing: no backend could be reached. Also for requests that may not be asked twice; of those that may be
// once it is known how long to wait, the time is taken.
net::task<std::optional<exchange::head_outcome>> exchange::attempt_in_two()
{
    const auto began_at = std::chrono::steady_clock::now();
    const bool is_hedgeable = may_hedge();
    if (is_hedgeable && pool().hedge_delay().count() != 0) {
        hedge_ = new hedge(*this, services_, asked_);
        hedge_->start(pool().hedge_delay());
    }
    std::optional<head_outcome> first;
    const bool is_connected = co_await connect(intent_ == upgrade_intent::none);
    if (is_connected) first = co_await attempt();
    if (hedge_) first = co_await settle_hedge(first);
    if (is_hedgeable && first == head_outcome::ready) {
        const auto took = std::chrono::steady_clock::now() - began_at;
        pool().record_hedgeable(facts_.status, took - connecting_.waited);
    }
    co_return first;
}

// The hedge is gone afterwards, or its connection is the one in use.
net::task<std::optional<exchange::head_outcome>> exchange::settle_hedge(std::optional<head_outcome> first)
{
    const bool is_good = first == head_outcome::ready && facts_.status < first_error_status;
    if (!is_good && !is_stopped() && !total_.is_over() && hedge_->is_asking()) {
        limit_.disarm();
        watch_.start();
        co_await hedge_->settled();
    }
    const bool is_better = hedge_->has_answer() || (hedge_->holds_error() && first != head_outcome::ready);
    const bool takes = !is_good && is_better && !client_left_ && !total_.is_over();
    if (hedge_->has_sent()) ++asked_.attempts;
    if (hedge_->was_asked()) count_hedge(takes);
    if (takes) {
        first = co_await take_hedge(first);
    } else {
        hedge_->give_up();
        hedge_.reset();
    }
    co_return first;
}

void exchange::count_hedge(bool takes)
{
    using metrics::hedge_end;
    hedge_end how = hedge_end::failed;
    if (takes)
        how = hedge_end::won;
    else if (hedge_->is_asking() || hedge_->has_answer() || hedge_->holds_error())
        how = hedge_end::lost;
    asked_.route->pool().cells[hedge_->first()]->hedges[how].add();
    asked_.hedge = metrics::label(how);
}

// The hedge's connection becomes this exchange's, its answer's head still unread.
net::task<exchange::head_outcome> exchange::take_hedge(std::optional<head_outcome> first)
{
    if (first) record_first(*first);
    let_go(connected_);
    adopt(hedge_->take());
    sent_before_ = hedge_->sent_before();
    hedge_.reset();
    is_told_ = false;
    asked_whole_at_.reset();
    if (asked_.facts.framing.has_body()) {
        asked_.ahead_used = static_cast<std::size_t>(asked_.facts.framing.length);
        asked_.bytes_from_client = asked_.facts.framing.length;
    }
    watch_.start();
    limit_.arm(answer_timeout());
    const head_outcome outcome = co_await read_final_head();
    limit_.disarm();
    co_return outcome;
}

// What the first attempt came to before it was let go. That it was overtaken is no failure, but a slow
// backend has to be seen to be slow, so it counts with the time that it has had.
void exchange::record_first(head_outcome came_to)
{
    switch (came_to) {
    case head_outcome::ready: record_answer(); break;
    case head_outcome::failed: record_failure(health::failure_kind::broken); break;
    case head_outcome::overdue: record_failure(health::failure_kind::overdue); break;
    case head_outcome::malformed: record_failure(health::failure_kind::malformed); break;
    case head_outcome::unseen: break;
    case head_outcome::stopped:
        if (asked_whole_at_)
            pool().record_answer_time(connected_.position, 0,
                                      std::chrono::steady_clock::now() - *asked_whole_at_);
        break;
    }
}

} // namespace fairlead::http
