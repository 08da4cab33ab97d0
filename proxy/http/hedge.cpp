#include "proxy/http/hedge.hpp"

#include "proxy/credentials/fault_label.hpp"
#include "proxy/http/proxy_protocol.hpp"
#include "proxy/http/response_rules.hpp"
#include "proxy/net/deadline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

namespace fairlead::http {
namespace {

constexpr unsigned first_error_status = 500; // errors are quick, and the slower answer may be a good one

head_limits limits_of(const conf::limit_options& options)
{
    return {options.header_bytes, options.header_count, options.target_bytes};
}

} // namespace

hedge::hedge(owner& told, session_services& services, const request& asked)
    : owner_(&told)
    , services_(services)
    , service_(asked.service)
    , pool_(asked.route->pool())
    , ends_(asked.ends)
    , method_(asked.facts.method)
    , connecting_{pool(), *pool_.balancer, pool_.cells, config().socket, ends_, {}, true, {}, {}}
    , parser_(limits_of(config().limits))
    , limit_(services.wheel)
    , timer_(services.executor)
    , settled_(services.executor)
{}

void hedge::start(std::chrono::microseconds delay)
{
    delay_ = delay;
    wait_for(delay);
}

// Not by the worker's wheel: its ticks are longer than most of these waits.
void hedge::wait_for(std::chrono::microseconds delay)
{
    timer_.expires_after(delay);
    timer_.async_wait([self = reference(this)](const net::error_code& error) {
        if (!error && self->owner_ != nullptr) self->begin();
    });
}

void hedge::begin()
{
    switch (owner_->ask_again(what_)) {
    case hedge_question::when::later: wait_for(delay_); return;
    case hedge_question::when::never: state_ = state::never; return;
    case hedge_question::when::now: break;
    }
    state_ = state::never;
    if (!has_another()) return;
    if (!pool().take_hedge()) {
        pool_.cells[what_.first]->hedges_withheld.add();
        return;
    }
    if (pool().tls() != nullptr) {
        append_proxy_header(before_tls_, pool().proxy_protocol(), ends_);
        connecting_.before_tls = before_tls_;
    }
    connecting_.tried = what_.tried;
    connecting_.tried.add(what_.first);
    connecting_.may_wait = false;
    state_ = state::asking;
    net::asio::co_spawn(services_.executor, run(reference(this)), net::asio::detached);
}

// One that is down, backing off or spare would make it worse.
bool hedge::has_another() const
{
    const auto backends = pool().backends();
    const auto now = std::chrono::steady_clock::now();
    const std::uint32_t priority = backends[what_.first]->priority();
    for (std::uint32_t i = 0; i < backends.size(); ++i) {
        if (i == what_.first || what_.tried.contains(i) || backends[i]->priority() != priority) continue;
        if (upstream::pool::may_be_home(*backends[i], now)) return true;
    }
    return false;
}

net::task<> hedge::run(reference self)
{
    try {
        co_await self->ask();
    } catch (const std::exception&) {
        self->settle(state::failed); // out of memory
    }
}

net::task<> hedge::ask()
{
    connected_ = co_await services_.connector.connect(connecting_);
    if (owner_ == nullptr || !connected_.made) {
        settle(state::failed);
        connected_ = {};
        co_return;
    }
    upstream::connection& made = *connected_.made;
    limit_.guard(&made.stream.lowest_layer());
    sent_before_ = made.stream.bytes_sent();
    if (!made.is_reused && pool().tls() == nullptr) {
        std::string header;
        append_proxy_header(header, pool().proxy_protocol(), ends_);
        what_.text.insert(0, header);
    }
    has_sent_ = true;
    limit_.arm(config().timeouts.write);
    // One that does not take all of it may have answered before: its answer is looked for.
    (void)co_await made.stream.write(std::string_view(what_.text));
    if (owner_ != nullptr && !limit_.expired()) limit_.arm(what_.timeout);
    const state came_to = co_await read_head();
    limit_.disarm();
    limit_.guard(nullptr);
    settle(came_to);
    if (came_to == state::failed) connected_ = {};
}

net::task<hedge::state> hedge::read_head()
{
    net::read_buffer& unread = connected_.made->unread;
    while (owner_ != nullptr && !limit_.expired()) {
        const parse_result parsed = parser_.parse(unread.unread(), answer_);
        if (parsed.status == parse_status::done) co_return judge();
        if (parsed.status == parse_status::bad) {
            fail(health::failure_kind::malformed);
            co_return state::failed;
        }
        const std::span<char> room = unread.prepare(config().limits.header_bytes + 1);
        const net::read_result got = co_await connected_.made->stream.read_some(room);
        if (owner_ == nullptr) break;
        unread.commit(got.count);
        if (!got.error) continue;
        if (!limit_.expired() && (!connected_.made->is_reused || !unread.empty()))
            fail(health::failure_kind::broken);
        break;
    }
    if (owner_ != nullptr && limit_.expired()) fail(health::failure_kind::overdue);
    co_return state::failed;
}

// Of the head that is here whole.
hedge::state hedge::judge()
{
    const response_verdict verdict = check_response(answer_, asked_for{method_, false});
    if (verdict.has_error()) {
        fail(health::failure_kind::malformed);
        return state::failed;
    }
    return verdict->status < first_error_status ? state::answered : state::held;
}

void hedge::fail(health::failure_kind how)
{
    pool().record_failure(*connected_.made->to, how, std::chrono::steady_clock::now());
}

void hedge::settle(state as) noexcept
{
    state_ = as;
    settled_.set();
    if (as == state::answered && owner_ != nullptr) owner_->overtaken();
}

upstream::connect_outcome hedge::take()
{
    owner_ = nullptr;
    return std::exchange(connected_, {});
}

void hedge::give_up() noexcept
{
    owner_ = nullptr;
    timer_.cancel();
    connecting_.leave();
    connected_.use.reset();
    if (!connected_.made) return;
    credentials::count_end(connected_.made->stream.tls(), services_.backend_tls);
    connected_.made->close();
}

} // namespace fairlead::http
