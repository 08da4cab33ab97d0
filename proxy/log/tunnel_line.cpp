#include "proxy/log/tunnel_line.hpp"

#include "proxy/log/exchange_line.hpp"
#include "proxy/net/tcp_info.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace fairlead::log {
namespace {

using conf::log_field;
using part = websocket::tunnel_texts::part;

std::string_view name_of(websocket::end_phase phase)
{
    switch (phase) {
    case websocket::end_phase::open: return "open";
    case websocket::end_phase::closing: return "closing";
    case websocket::end_phase::closed: return "closed";
    }
    return "open";
}

// Of the Close that the proxy itself sent to this side; 0 without one.
std::uint64_t own_code(const websocket::leg& to)
{
    return to.close == websocket::leg::closing::sent ? to.own_code : 0;
}

struct text_field
{
    log_field what;
    part of;
};

constexpr auto text_fields = std::to_array<text_field>({
    {log_field::id, part::id},
    {log_field::client, part::client},
    {log_field::user, part::user},
    {log_field::source, part::source},
    {log_field::host, part::host},
    {log_field::path, part::path},
    {log_field::subprotocol, part::subprotocol},
    {log_field::user_agent, part::user_agent},
});

// What every line of a tunnel has.
void put_identity(line_builder& line, const conf::chosen_log_field& field,
                  const websocket::tunnel_origin& origin, const auto& texts)
{
    const auto found = std::ranges::find(text_fields, field.what, &text_field::what);
    if (found != text_fields.end()) line.text_if(field.name, texts(found->of));
    if (field.what == log_field::trace_id) put_trace_id(line, field.name, texts(part::trace_id));
    if (field.what == log_field::route) line.text(field.name, origin.route);
    if (field.what == log_field::pool) line.text(field.name, origin.pool);
    if (field.what == log_field::backend) line.text(field.name, origin.backend);
}

void put_of_opening(line_builder& line, const conf::chosen_log_field& field, const opening_line& from)
{
    const std::string_view name = field.name;
    if (field.what == log_field::time) line.text(name, from.time);
    if (field.what == log_field::event) line.text(name, "tunnel_opened");
    if (field.what == log_field::handshake)
        line.seconds(name, static_cast<std::uint64_t>(from.how.handshake.count()));
    if (field.what == log_field::queued) put_queued(line, name, from.how.queued);
    if (field.what == log_field::header) put_header(line, name, from.how.headers);
    put_tls(line, field, from.how.tls);
}

// Of the last ping; while the tunnel is open and there was none, TCP's own.
std::uint64_t round_trip_us(const websocket::leg& side, const life_line& from)
{
    const bool asks_kernel =
        side.round_trip_us == 0 && from.event == conf::log_event::tunnel_progress && side.fd >= 0;
    return asks_kernel ? net::tcp_round_trip_us(side.fd) : side.round_trip_us;
}

struct number_field
{
    log_field what;
    std::uint64_t (*of)(const life_line& from);
    bool is_of_frames = true;
};

constexpr auto number_fields = std::to_array<number_field>({
    {log_field::bytes_from_client, [](const auto& from) { return from.of.client.bytes; }, false},
    {log_field::bytes_from_backend, [](const auto& from) { return from.of.backend.bytes; }, false},
    {log_field::messages_from_client, [](const auto& from) { return from.of.client.messages; }},
    {log_field::messages_from_backend, [](const auto& from) { return from.of.backend.messages; }},
    {log_field::close_code_client, [](const auto& from) { return std::uint64_t{from.of.client.close_code}; }},
    {log_field::close_code_backend,
     [](const auto& from) { return std::uint64_t{from.of.backend.close_code}; }},
    {log_field::close_code_proxy_to_client, [](const auto& from) { return own_code(from.of.client); }},
    {log_field::close_code_proxy_to_backend, [](const auto& from) { return own_code(from.of.backend); }},
    {log_field::round_trip_client_us, [](const auto& from) { return round_trip_us(from.of.client, from); }},
    {log_field::round_trip_backend_us, [](const auto& from) { return round_trip_us(from.of.backend, from); }},
});

void put_of_life(line_builder& line, const conf::chosen_log_field& field, const life_line& from)
{
    const websocket::tunnel& of = from.of;
    const std::string_view name = field.name;
    const bool is_open = from.event == conf::log_event::tunnel_progress;
    const auto found = std::ranges::find(number_fields, field.what, &number_field::what);
    if (found != number_fields.end() && (of.is_websocket || !found->is_of_frames))
        line.number(name, found->of(from));
    if (field.what == log_field::time) line.text(name, from.time);
    if (field.what == log_field::event) line.text(name, is_open ? "tunnel_progress" : "tunnel_closed");
    if (field.what == log_field::lifetime)
        line.seconds(name, static_cast<std::uint64_t>(from.lifetime.count()));
    if (field.what == log_field::idle)
        line.seconds(name, static_cast<std::uint64_t>(from.idle.count()) * 1'000);
    if (field.what == log_field::closed_by) line.text(name, metrics::label(of.end.by));
    if (field.what == log_field::cause) line.text(name, metrics::label(of.end.cause));
    if (field.what == log_field::phase) line.text(name, name_of(of.phase()));
    if (field.what == log_field::protocol_violation && of.is_websocket)
        line.flag(name, of.client.from.saw_violation() || of.backend.from.saw_violation());
}

} // namespace

void put(line_builder& line, std::span<const conf::chosen_log_field> fields, const opening_line& from)
{
    const auto texts = [&](part which) { return from.texts[static_cast<std::size_t>(which)]; };
    for (const conf::chosen_log_field& field : fields) {
        put_identity(line, field, from.origin, texts);
        put_of_opening(line, field, from);
    }
}

void put(line_builder& line, std::span<const conf::chosen_log_field> fields, const life_line& from)
{
    const auto texts = [&](part which) { return from.of.text(which); };
    for (const conf::chosen_log_field& field : fields) {
        put_identity(line, field, *from.of.origin, texts);
        put_of_life(line, field, from);
    }
}

} // namespace fairlead::log
