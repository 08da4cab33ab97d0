#include "proxy/server/connection_row.hpp"

#include "proxy/net/address.hpp"
#include "proxy/net/tcp_info.hpp"

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
    return out;
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
    return out;
}

} // namespace

connection_row describe_tunnel(const websocket::tunnel& which, std::chrono::milliseconds idle)
{
    connection_row out;
    out.id = which.texts[part::id];
    out.route = which.origin->route;
    out.pool = which.origin->pool;
    out.listener = which.origin->listener;
    out.host = which.texts[part::host];
    out.path = which.texts[part::path];
    out.subprotocol = which.texts[part::subprotocol];
    out.user_agent = which.texts[part::user_agent];
    out.user = which.texts[part::user];
    out.client = describe_leg(which.client);
    out.client.address = which.texts[part::client];
    out.client.local = net::to_string(net::local_of(which.client.fd));
    out.backend = describe_leg(which.backend);
    out.backend.address = which.origin->backend;
    out.backend.local = which.texts[part::source];
    out.opened_at = which.opened_at;
    out.idle = idle;
    out.phase = which.phase();
    out.is_websocket = which.is_websocket;
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
    return out;
}

} // namespace fairlead::server
