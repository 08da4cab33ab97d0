#include "proxy/server/connection_row.hpp"

#include "proxy/net/address.hpp"
#include "proxy/net/tcp_info.hpp"
#include "proxy/websocket/relay.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <string_view>

namespace fairlead::server {
namespace {

namespace json = boost::json;
using part = websocket::tunnel_texts::part;

connection_row::end describe_leg(const websocket::leg& from)
{
    connection_row::end out;
    if (from.tls) out.tls = from.tls->version();
    out.bytes = from.bytes;
    out.messages = from.messages;
    out.round_trip_us = from.round_trip_us;
    out.tcp_round_trip_us = net::tcp_round_trip_us(from.fd);
    out.waiting_bytes = from.waiting ? from.waiting->size() : 0;
    out.unsent_bytes = net::unacknowledged_bytes(from.fd);
    out.close_code = from.close_code;
    if (from.close == websocket::leg::closing::sent) out.own_close_code = from.own_code;
    return out;
}

void describe_times(connection_row::end& out, const websocket::tunnel& which, websocket::side of)
{
    out.heard = websocket::relay::after_opening(which, which.alive.heard_at(of));
    const websocket::tick_count pinged = which.alive.pinged_at(of);
    if (pinged != 0) out.pinged = websocket::relay::after_opening(which, pinged);
}

std::string_view name_of(websocket::end_phase phase)
{
    switch (phase) {
    case websocket::end_phase::open: return "open";
    case websocket::end_phase::closing: return "closing";
    case websocket::end_phase::closed: return "closed";
    }
    return "open";
}

// RFC 3339, in UTC, to the millisecond.
std::string wall_text(std::chrono::system_clock::time_point at)
{
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
    const std::time_t seconds = ms / 1'000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    std::array<char, 40> text{};
    const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(ms % 1'000));
    return text.data();
}

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1'000; }

// What a stranger sent may be any bytes; JSON is UTF-8 (RFC 8259 8.1).
void put_text(json::object& into, std::string_view name, const std::string& text)
{
    if (text.empty()) return;
    std::string plain(text);
    for (char& c : plain) {
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
    into[name] = std::move(plain);
}

json::object describe_end(const connection_row::end& from, bool is_websocket)
{
    json::object out;
    put_text(out, "address", from.address);
    put_text(out, "local", from.local);
    put_text(out, "tls", from.tls);
    out["bytes"] = from.bytes;
    if (is_websocket) out["messages"] = from.messages;
    if (from.round_trip_us != 0) out["round_trip_us"] = from.round_trip_us;
    if (from.tcp_round_trip_us != 0) out["tcp_round_trip_us"] = from.tcp_round_trip_us;
    out["waiting_bytes"] = from.waiting_bytes;
    out["unsent_bytes"] = from.unsent_bytes;
    if (from.close_code != 0) out["close_code"] = from.close_code;
    if (from.own_close_code != 0) out["own_close_code"] = from.own_close_code;
    return out;
}

void put_time(json::object& into, std::string_view name, std::optional<std::chrono::milliseconds> after)
{
    if (after) into[name] = seconds(*after);
}

// In seconds after the 101, what was before it below 0. What did not happen is left out.
json::object describe_timeline(const connection_row& row)
{
    const websocket::timeline& times = row.times;
    const auto before = [](websocket::short_time time) {
        const auto ms = time.get();
        return ms ? std::optional(-*ms) : std::nullopt;
    };
    json::object out;
    put_time(out, "accepted", before(times.accepted));
    put_time(out, "head_read", before(times.head_read));
    put_time(out, "dialled", before(times.dialled));
    put_time(out, "connected", before(times.connected));
    put_time(out, "first_message_from_client", times.first_message[0].get());
    put_time(out, "first_message_from_backend", times.first_message[1].get());
    put_time(out, "last_heard_from_client", row.client.heard);
    put_time(out, "last_heard_from_backend", row.backend.heard);
    put_time(out, "last_ping_to_client", row.client.pinged);
    put_time(out, "last_ping_to_backend", row.backend.pinged);
    if (!row.ending) return out;
    json::object ending;
    ending["after"] = seconds(*row.ending);
    ending["by"] = label(row.how.by);
    ending["cause"] = label(row.how.cause);
    if (row.how.code != 0) ending["code"] = row.how.code;
    out["ending"] = std::move(ending);
    return out;
}

} // namespace

connection_row describe_tunnel(const websocket::tunnel& which, std::chrono::milliseconds idle)
{
    connection_row out;
    out.id = which.text(part::id);
    out.route = which.origin->route;
    out.pool = which.origin->pool;
    out.listener = which.origin->listener;
    out.host = which.text(part::host);
    out.path = which.text(part::path);
    out.subprotocol = which.text(part::subprotocol);
    out.user_agent = which.text(part::user_agent);
    out.user = which.text(part::user);
    out.client = describe_leg(which.client);
    out.client.address = which.text(part::client);
    out.client.local = net::to_string(net::local_of(which.client.fd));
    out.backend = describe_leg(which.backend);
    out.backend.address = which.origin->backend;
    out.backend.local = which.text(part::source);
    out.opened_at = which.opened_at;
    out.idle = idle;
    out.phase = which.phase();
    out.is_websocket = which.is_websocket;
    describe_times(out.client, which, websocket::side::client);
    describe_times(out.backend, which, websocket::side::backend);
    out.times = which.times;
    out.how = which.end;
    if (out.times.ending_at != 0) out.ending = websocket::relay::after_opening(which, out.times.ending_at);
    return out;
}

json::object to_json(const connection_row& row, std::chrono::steady_clock::time_point now,
                     std::chrono::system_clock::time_point wall_now)
{
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - row.opened_at);
    json::object out;
    put_text(out, "id", row.id);
    put_text(out, "route", row.route);
    put_text(out, "pool", row.pool);
    put_text(out, "listener", row.listener);
    out["kind"] = row.is_websocket ? "websocket" : "plain";
    out["phase"] = name_of(row.phase);
    out["opened"] = wall_text(wall_now - age);
    out["age"] = seconds(age);
    out["idle"] = seconds(row.idle);
    put_text(out, "host", row.host);
    put_text(out, "path", row.path);
    put_text(out, "subprotocol", row.subprotocol);
    put_text(out, "user", row.user);
    put_text(out, "user_agent", row.user_agent);
    out["client"] = describe_end(row.client, row.is_websocket);
    out["backend"] = describe_end(row.backend, row.is_websocket);
    out["timeline"] = describe_timeline(row);
    return out;
}

} // namespace fairlead::server
