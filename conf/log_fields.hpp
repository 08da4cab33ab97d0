// The fields of the access log: their names, and the lines that may have them.
//
// The reader takes the known names from here, and so does whoever writes the lines; docs/operations.md is
// checked against it. Static data: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::conf {

// In the order of a line whose fields nobody chose.
enum class log_field : std::uint8_t
{
    time,
    event,
    id,
    trace_id,
    client,
    user,
    source,
    method,
    host,
    target,
    path,
    subprotocol,
    user_agent,
    route,
    pool,
    backend,
    status,
    reason,
    handshake,
    lifetime,
    idle,
    closed_by,
    cause,
    phase,
    bytes_from_client,
    bytes_to_client,
    bytes_from_backend,
    messages_from_client,
    messages_from_backend,
    close_code_client,
    close_code_backend,
    close_code_proxy_to_client,
    close_code_proxy_to_backend,
    round_trip_client_us,
    round_trip_backend_us,
    protocol_violation,
    exchange_time, // "duration"
    attempts,
    hedge,
    queued,
    tls_version,
    tls_cipher,
    sni,
    tls_resumed,
    client_certificate,
    sample,
    header // one of the request's, by its name
};

// What a line tells; the bits of log_field_row::lines.
enum class log_event : std::uint8_t
{
    exchange = 1,
    tunnel_opened = 2,
    tunnel_progress = 4,
    tunnel_closed = 8
};

struct log_field_row
{
    log_field what;
    std::string_view name;
    std::uint8_t lines; // bits of log_event
};

constexpr bool is_of(const log_field_row& row, log_event event) noexcept
{
    return (row.lines & static_cast<std::uint8_t>(event)) != 0;
}

// One for each enumerator, in their order.
std::span<const log_field_row> log_fields() noexcept;
const log_field_row& row_of(log_field what) noexcept;

// A field that an operator chose.
struct chosen_log_field
{
    log_field what = log_field::time;
    std::string name; // as in the line: the row's, or "header:user-agent", in lower case

    bool operator==(const chosen_log_field&) const = default;
};

inline constexpr std::string_view header_field_prefix = "header:";
inline constexpr std::size_t max_header_fields = 16;

// Whether a header carries what opens doors, so that it is never logged.
bool is_secret_header(std::string_view lower_case_name) noexcept;

} // namespace fairlead::conf
