#include "proxy/server/connection_finder.hpp"

#include "proxy/http/trusted_peers.hpp"
#include "proxy/net/tcp_info.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace fairlead::server {
namespace {

using part = websocket::tunnel_texts::part;

constexpr std::size_t tunnels_per_turn = 64; // half a millisecond, when all are copied

bool is_named(const std::optional<std::string>& wanted, std::string_view name)
{
    return !wanted || *wanted == name;
}

// Of "10.0.0.1:80" and the like; a Unix socket is in no block.
bool is_within(const std::optional<conf::cidr>& wanted, std::string_view address)
{
    if (!wanted) return true;
    const auto parsed = http::parse_forwarded_address(address);
    return parsed && conf::contains(*wanted, parsed->ip);
}

} // namespace

bool comes_before(const connection_query& asked, const found_connection& a, const found_connection& b)
{
    if (a.key != b.key) return asked.is_ascending ? a.key < b.key : a.key > b.key;
    return a.row->id < b.row->id;
}

connection_finder::connection_finder(net::executor where, websocket::relay& among)
    : where_(std::move(where))
    , among_(among)
{}

void connection_finder::find(std::shared_ptr<const connection_query> asked, told done)
{
    searches_.push_back({std::move(asked), std::move(done), {}});
    if (!goes_on_) step();
}

void connection_finder::trace(std::shared_ptr<const connection_query> asked,
                              std::shared_ptr<websocket::frame_trace> into, told done)
{
    searches_.push_back({std::move(asked), std::move(done), {}, false, std::move(into)});
    if (!goes_on_) step();
}

void connection_finder::go_on()
{
    if (searches_.empty()) return;
    net::asio::post(where_, [weak = std::weak_ptr(self_)] {
        if (const auto self = weak.lock()) (*self)->step();
    });
    goes_on_ = true;
}

// Out of memory costs the query, whose answer does not come, and not those behind it.
void connection_finder::step()
{
    goes_on_ = false;
    bool is_over = true;
    try {
        is_over = look_on(searches_.front());
    } catch (...) {
        searches_.pop_front();
        go_on();
        throw;
    }
    if (is_over) searches_.pop_front();
    go_on();
}

// Whether it has come to its end.
bool connection_finder::look_on(search& now)
{
    const bool is_first = !std::exchange(now.has_begun, true);
    if (among_.look_at_all(websocket::relay::looker::query, is_first, tunnels_per_turn,
                           [&](websocket::tunnel& each) { take(now, each); }))
        return false;
    now.done(std::move(now.found));
    return true;
}

void connection_finder::take(search& in, websocket::tunnel& which)
{
    const std::uint16_t code = in.asked->close_code;
    if (!matches(*in.asked, which) || (code != 0 && which.is_closing)) return;
    if (in.into && !which.is_websocket) return;
    ++in.found.matched;
    if (in.into)
        among_.trace(which, in.into);
    else if (code == 0)
        look_at(in, which);
    else
        among_.close(which, {code, code, websocket::end_cause::ordered});
}

void connection_finder::look_at(search& in, const websocket::tunnel& which) const
{
    const connection_query& asked = *in.asked;
    std::vector<found_connection>& first = in.found.first;
    const auto before = [&](const found_connection& a, const found_connection& b) {
        return comes_before(asked, a, b);
    };
    const std::uint64_t key = key_of(which, asked.sort);
    const bool is_full = first.size() >= asked.offset + asked.limit;
    if (is_full) {
        const std::uint64_t last = first.front().key;
        if (asked.is_ascending ? key > last : key < last) return;
    }
    found_connection fresh{
        key, std::make_unique<connection_row>(describe_tunnel(which, among_.since_data(which)))};
    if (is_full && !before(fresh, first.front())) return;
    if (is_full) {
        std::ranges::pop_heap(first, before);
        first.pop_back();
    }
    first.push_back(std::move(fresh));
    std::ranges::push_heap(first, before);
}

std::uint64_t connection_finder::key_of(const websocket::tunnel& which, connection_order by) const
{
    switch (by) {
    case connection_order::age: break;
    case connection_order::bytes: return which.client.bytes + which.backend.bytes;
    case connection_order::messages: return which.client.messages + which.backend.messages;
    case connection_order::rtt:
        return which.client.round_trip_us != 0 ? which.client.round_trip_us
                                               : net::tcp_round_trip_us(which.client.fd);
    case connection_order::idle: return static_cast<std::uint64_t>(among_.since_data(which).count());
    }
    // Not the age of the moment: they are not all looked at in one.
    return ~static_cast<std::uint64_t>(which.opened_at.time_since_epoch().count());
}

bool connection_finder::matches(const connection_query& asked, const websocket::tunnel& which) const
{
    const websocket::tunnel_origin& origin = *which.origin;
    return is_named(asked.route, origin.route) && is_named(asked.pool, origin.pool) &&
           is_named(asked.backend, origin.backend) && is_named(asked.listener, origin.listener) &&
           is_named(asked.id, which.text(part::id)) &&
           (asked.min_age.count() == 0 ||
            std::chrono::steady_clock::now() - which.opened_at >= asked.min_age) &&
           (asked.min_idle.count() == 0 || among_.since_data(which) >= asked.min_idle) &&
           is_within(asked.client, which.text(part::client)) &&
           is_within(asked.source, which.text(part::source));
}

} // namespace fairlead::server
