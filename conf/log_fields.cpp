#include "conf/log_fields.hpp"

#include <algorithm>
#include <array>

namespace fairlead::conf {
namespace {

constexpr std::uint8_t exchange = static_cast<std::uint8_t>(log_event::exchange);
constexpr std::uint8_t opened = static_cast<std::uint8_t>(log_event::tunnel_opened);
constexpr std::uint8_t progress = static_cast<std::uint8_t>(log_event::tunnel_progress);
constexpr std::uint8_t closed = static_cast<std::uint8_t>(log_event::tunnel_closed);
constexpr std::uint8_t of_request = exchange | opened;
constexpr std::uint8_t of_life = progress | closed;
constexpr std::uint8_t of_tunnel = opened | of_life;
constexpr std::uint8_t every = exchange | of_tunnel;

constexpr auto rows = std::to_array<log_field_row>({
    {log_field::time, "time", every},
    {log_field::event, "event", every},
    {log_field::id, "id", every},
    {log_field::trace_id, "trace_id", every},
    {log_field::client, "client", every},
    {log_field::user, "user", every},
    {log_field::source, "source", of_tunnel},
    {log_field::method, "method", exchange},
    {log_field::host, "host", every},
    {log_field::target, "target", exchange},
    {log_field::path, "path", of_tunnel},
    {log_field::subprotocol, "subprotocol", of_tunnel},
    {log_field::user_agent, "user_agent", of_tunnel},
    {log_field::route, "route", every},
    {log_field::pool, "pool", every},
    {log_field::backend, "backend", every},
    {log_field::status, "status", exchange},
    {log_field::reason, "reason", exchange},
    {log_field::handshake, "handshake", opened},
    {log_field::lifetime, "lifetime", of_life},
    {log_field::idle, "idle", progress},
    {log_field::closed_by, "closed_by", closed},
    {log_field::cause, "cause", closed},
    {log_field::phase, "phase", closed},
    {log_field::bytes_from_client, "bytes_from_client", exchange | of_life},
    {log_field::bytes_to_client, "bytes_to_client", exchange},
    {log_field::bytes_from_backend, "bytes_from_backend", of_life},
    {log_field::messages_from_client, "messages_from_client", of_life},
    {log_field::messages_from_backend, "messages_from_backend", of_life},
    {log_field::close_code_client, "close_code_client", closed},
    {log_field::close_code_backend, "close_code_backend", closed},
    {log_field::close_code_proxy_to_client, "close_code_proxy_to_client", closed},
    {log_field::close_code_proxy_to_backend, "close_code_proxy_to_backend", closed},
    {log_field::round_trip_client_us, "round_trip_client_us", of_life},
    {log_field::round_trip_backend_us, "round_trip_backend_us", of_life},
    {log_field::protocol_violation, "protocol_violation", of_life},
    {log_field::exchange_time, "duration", exchange},
    {log_field::attempts, "attempts", exchange},
    {log_field::hedge, "hedge", exchange},
    {log_field::queued, "queued", of_request},
    {log_field::tls_version, "tls_version", of_request},
    {log_field::tls_cipher, "tls_cipher", of_request},
    {log_field::sni, "sni", of_request},
    {log_field::tls_resumed, "tls_resumed", of_request},
    {log_field::client_certificate, "client_certificate", of_request},
    {log_field::sample, "sample", exchange},
    {log_field::header, "header:NAME", of_request},
});

constexpr bool is_in_order()
{
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (static_cast<std::size_t>(rows[i].what) != i) return false;
    }
    return rows.size() == static_cast<std::size_t>(log_field::header) + 1;
}
static_assert(is_in_order());

constexpr std::array<std::string_view, 9> secrets{
    "authorization", "proxy-authorization", "cookie",
    "set-cookie",    "x-api-key",           "x-auth-token",
    "x-csrf-token",  "x-xsrf-token",        "sec-websocket-protocol"};

} // namespace

std::span<const log_field_row> log_fields() noexcept { return rows; }

const log_field_row& row_of(log_field what) noexcept { return rows[static_cast<std::size_t>(what)]; }

bool is_secret_header(std::string_view lower_case_name) noexcept
{
    return std::ranges::find(secrets, lower_case_name) != secrets.end();
}

} // namespace fairlead::conf
