#include "proxy/upstream/health_checker.hpp"

#include "proxy/upstream/backend_handshakes.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace fairlead::upstream {
namespace {

constexpr std::size_t most_at_once = 64;
constexpr std::chrono::seconds names_interval{1};
constexpr std::chrono::milliseconds longest_first_pause{500}; // what begins together is spread over this

bool is_in_use(health::checked_state state) noexcept
{
    return state == health::checked_state::up || state == health::checked_state::checking;
}

} // namespace

struct health_checker::checked_backend
{
    std::shared_ptr<const pool> from;
    std::shared_ptr<backend> of;
    conf::health_options options;
    report said;
    std::vector<check_id> checks; // one for each address
    std::uint64_t generation = 0;
};

struct health_checker::checked_address
{
    checked_backend& of;
    std::optional<conf::ip_address> ip; // nothing: a Unix socket
    health::health_state state;
    health::steady_time begun_at;
    std::unique_ptr<health_probe> probe; // under way
};

health_checker::health_checker(net::asio::io_context& io, change_fn tell)
    : where_(io.get_executor())
    , tell_(std::move(tell))
    , schedule_(most_at_once)
    , lots_(std::random_device{}())
    , due_timer_(where_)
    , names_timer_(where_)
{
    follow_names();
}

health_checker::~health_checker()
{
    if (handshakes_) handshakes_->gate.shut_down();
}

void health_checker::apply(const std::vector<std::shared_ptr<const pool>>& pools,
                           const std::vector<conf::pool_options>& options)
{
    ++generation_;
    for (std::size_t i = 0; i < pools.size(); ++i) {
        if (!options[i].health) continue;
        for (const auto& each : pools[i]->backends())
            check_backend(pools[i], each, *options[i].health);
    }
    forget_unlisted(generation_);
    wait_for_due();
}

void health_checker::check_backend(const std::shared_ptr<const pool>& from,
                                   const std::shared_ptr<backend>& of, const conf::health_options& options)
{
    auto& known = backends_[of.get()];
    if (known == nullptr) {
        known = std::make_unique<checked_backend>();
        known->of = of;
        known->said.cells = std::make_shared<metrics::check_cells>();
    }
    const bool is_asked_otherwise = known->from != from || known->options != options;
    known->from = from;
    known->options = options;
    known->generation = generation_;
    for (const check_id id : known->checks)
        addresses_.at(id)->state.set_limits(options.timing.rise, options.timing.fall);
    if (is_asked_otherwise) ask_anew(*known);
    follow_addresses(*known);
}

// The pause before the next check, and the verdict of one under way, are those of the old question.
void health_checker::ask_anew(const checked_backend& of)
{
    for (const check_id id : of.checks) {
        if (schedule_.is_under_way(id)) addresses_.at(id)->probe.reset();
        schedule_.set(id, first_due(of));
    }
}

// What begins together is spread.
health::steady_time health_checker::first_due(const checked_backend& of)
{
    const auto spread = std::min(of.options.timing.every, conf::duration(longest_first_pause)).count();
    const auto lot = lots_() % static_cast<std::uint32_t>(spread + 1);
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(lot);
}

void health_checker::forget_unlisted(std::uint64_t generation)
{
    for (auto at = backends_.begin(); at != backends_.end();) {
        checked_backend& each = *at->second;
        if (each.generation == generation) {
            ++at;
            continue;
        }
        for (const check_id id : each.checks) {
            schedule_.remove(id);
            addresses_.erase(id);
        }
        each.of->set_checked(health::checked_state::checking);
        each.of->publish_dead({});
        at = backends_.erase(at);
    }
}

void health_checker::follow_addresses(checked_backend& of)
{
    std::vector<std::optional<conf::ip_address>> wanted;
    if (of.of->address().what == conf::endpoint::kind::unix_path) wanted.emplace_back();
    for (const auto& ip : of.of->addresses())
        wanted.emplace_back(ip);
    const std::size_t before = of.checks.size();
    std::erase_if(of.checks, [&](check_id id) {
        const auto found = std::ranges::find(wanted, addresses_.at(id)->ip);
        if (found != wanted.end()) {
            wanted.erase(found);
            return false;
        }
        schedule_.remove(id);
        addresses_.erase(id);
        return true;
    });
    if (before == of.checks.size() && wanted.empty()) return;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& ip : wanted) {
        const health::health_state fresh(of.options.timing.rise, of.options.timing.fall);
        const check_id id = ++last_id_;
        addresses_[id] = std::unique_ptr<checked_address>(new checked_address{of, ip, fresh, now, nullptr});
        of.checks.push_back(id);
        schedule_.set(id, first_due(of));
    }
    conclude(of);
}

void health_checker::follow_names()
{
    names_timer_.expires_after(names_interval);
    names_timer_.async_wait([this](const net::error_code& cancelled) {
        if (cancelled) return;
        for (auto& [key, each] : backends_) {
            if (each->of->address().what == conf::endpoint::kind::name) follow_addresses(*each);
        }
        wait_for_due();
        follow_names();
    });
}

void health_checker::wait_for_due()
{
    const auto next = schedule_.next();
    if (!next) {
        due_timer_.cancel();
        return;
    }
    due_timer_.expires_at(*next);
    due_timer_.async_wait([this](const net::error_code& cancelled) {
        if (!cancelled) begin_due();
    });
}

void health_checker::begin_due()
{
    for (const check_id id : schedule_.take(std::chrono::steady_clock::now()))
        begin(id, *addresses_.at(id));
    wait_for_due();
}

void health_checker::begin(check_id id, checked_address& at)
{
    at.begun_at = std::chrono::steady_clock::now();
    at.probe = std::make_unique<health_probe>(where_, target_of(at),
                                              [this, id](const probe_result& result) { finish(id, result); });
}

probe_target health_checker::target_of(const checked_address& at)
{
    const checked_backend& of = at.of;
    const conf::endpoint& address = of.of->address();
    const std::uint16_t port = of.options.port != 0 ? of.options.port : address.port;
    probe_target out;
    out.options = of.options;
    out.begins_with = of.from->proxy_protocol();
    if (at.ip) {
        out.remote = net::to_socket_address(*at.ip, port);
        const snat::source_pool* sources = of.from->source();
        if (sources != nullptr && sources->source_count(at.ip->is_v6) != 0)
            out.source = sources->source_at(at.ip->is_v6, 0);
    } else {
        out.remote = net::to_socket_address(address.path).value_or(net::socket_address{});
    }
    const bool is_name = address.what == conf::endpoint::kind::name;
    out.host = !of.options.host.empty() ? of.options.host
               : is_name                ? address.host + ":" + std::to_string(port)
               : at.ip                  ? net::to_string(out.remote)
                                        : "localhost";
    out.security = security_of(at);
    return out;
}

std::optional<probe_security> health_checker::security_of(const checked_address& at)
{
    const checked_backend& of = at.of;
    const conf::endpoint& address = of.of->address();
    const bool is_own_port = of.options.port == 0 || of.options.port == address.port;
    if (of.from->tls() == nullptr || !is_own_port || of.options.kind == conf::check_kind::tcp)
        return std::nullopt;
    if (!handshakes_) handshakes_ = std::make_shared<probe_handshakes>(where_);
    return probe_security{of.from->tls()->context(), verified_host(address), address.text, handshakes_};
}

void health_checker::finish(check_id id, const probe_result& result)
{
    checked_address& at = *addresses_.at(id);
    checked_backend& of = at.of;
    const auto now = std::chrono::steady_clock::now();
    if (result.is_ours) {
        if (reports_.next(now))
            spdlog::warn("pool {}: backend {} was not checked: {}", of.of->pool_name(), of.of->address().text,
                         result.reason);
    } else {
        of.said.cells->seconds.observe(now - at.begun_at);
        if (result.outcome == health::check_outcome::pass) {
            end_backoff(of, now);
        } else {
            of.said.cells->failures[result.failure].add();
            of.said.reason = of.checks.size() > 1 && at.ip ? conf::to_string(*at.ip) + ": " + result.reason
                                                           : result.reason;
        }
        if (at.state.on(result.outcome)) conclude(of);
    }
    const auto pause =
        health::shortened(at.state.pause(of.options.timing.every), static_cast<std::uint32_t>(lots_()));
    schedule_.set(id, std::max(now, at.begun_at + pause));
    wait_for_due();
}

// A check connects as requests do. Without its word a back-off that is over would last until somebody's
// request is the probe, and nobody is led back to a backend that nobody asks for.
void health_checker::end_backoff(checked_backend& of, health::steady_time now)
{
    const failure_backoff& known = of.of->backoff();
    const bool is_own_port = of.options.port == 0 || of.options.port == of.of->address().port;
    if (is_own_port && known.failures() != 0 && known.is_due(now)) of.of->connected(now);
}

void health_checker::conclude(checked_backend& of)
{
    using enum health::checked_state;
    resolved_set dead;
    bool has_up = false;
    bool has_checking = of.checks.empty();
    bool has_draining = false;
    for (const check_id id : of.checks) {
        const checked_address& each = *addresses_.at(id);
        has_up |= each.state.current() == up;
        has_checking |= each.state.current() == checking;
        has_draining |= each.state.current() == draining;
        if (each.ip && !is_in_use(each.state.current())) dead.push_back(*each.ip);
    }
    const health::checked_state now = has_up ? up : has_checking ? checking : has_draining ? draining : down;
    of.of->publish_dead(is_in_use(now) ? std::move(dead) : resolved_set{});
    const health::checked_state before = of.of->checked();
    if (now == before) return;
    if (is_in_use(now) && !is_in_use(before)) of.of->begin_slow_start(std::chrono::steady_clock::now());
    of.of->set_checked(now);
    tell_();
}

const health_checker::report* health_checker::find(const backend& of) const
{
    const auto found = backends_.find(&of);
    return found == backends_.end() ? nullptr : &found->second->said;
}

} // namespace fairlead::upstream
