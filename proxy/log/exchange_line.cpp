#include "proxy/log/exchange_line.hpp"

#include <array>

namespace fairlead::log {
namespace {

using conf::log_field;

constexpr std::size_t max_header_bytes = 256; // of a logged value

std::uint64_t count(std::chrono::microseconds time) { return static_cast<std::uint64_t>(time.count()); }

void put_one(line_builder& line, const conf::chosen_log_field& field, const exchange_line& from)
{
    const exchange_record& what = from.what;
    const std::string_view name = field.name;
    switch (field.what) {
    case log_field::time: line.text(name, from.time); return;
    case log_field::event: line.text(name, "exchange"); return;
    case log_field::id: line.text(name, what.id); return;
    case log_field::trace_id: put_trace_id(line, name, what.trace_id); return;
    case log_field::client: line.text(name, what.client); return;
    case log_field::user: line.text_if(name, what.user); return;
    case log_field::method: line.text_if(name, what.method); return;
    case log_field::host: line.text_if(name, what.host); return;
    case log_field::target: line.text_if(name, what.target); return;
    case log_field::route: line.text_if(name, what.route); return;
    case log_field::pool: line.text_if(name, what.pool); return;
    case log_field::backend: line.text_if(name, what.backend); return;
    case log_field::status: line.number(name, what.status); return;
    case log_field::reason: line.text_if(name, what.reason); return;
    case log_field::bytes_from_client: line.number(name, what.bytes_from_client); return;
    case log_field::bytes_to_client: line.number(name, what.bytes_to_client); return;
    case log_field::exchange_time: line.seconds(name, count(what.duration)); return;
    case log_field::attempts:
        if (what.attempts > 1) line.number(name, what.attempts);
        return;
    case log_field::hedge: line.text_if(name, what.hedge); return;
    case log_field::queued: put_queued(line, name, what.queued); return;
    case log_field::tls_version:
    case log_field::tls_cipher:
    case log_field::sni:
    case log_field::tls_resumed:
    case log_field::client_certificate: put_tls(line, field, what.tls); return;
    case log_field::sample:
        if (from.sample > 1) line.number(name, from.sample);
        return;
    case log_field::header: put_header(line, name, what.headers); return;
    case log_field::source:
    case log_field::path:
    case log_field::subprotocol:
    case log_field::user_agent:
    case log_field::handshake:
    case log_field::lifetime:
    case log_field::idle:
    case log_field::closed_by:
    case log_field::cause:
    case log_field::phase:
    case log_field::bytes_from_backend:
    case log_field::messages_from_client:
    case log_field::messages_from_backend:
    case log_field::close_code_client:
    case log_field::close_code_backend:
    case log_field::close_code_proxy_to_client:
    case log_field::close_code_proxy_to_backend:
    case log_field::round_trip_client_us:
    case log_field::round_trip_backend_us:
    case log_field::protocol_violation: return; // of tunnels
    }
}

} // namespace

void put(line_builder& line, std::span<const conf::chosen_log_field> fields, const exchange_line& from)
{
    for (const conf::chosen_log_field& field : fields)
        put_one(line, field, from);
}

void put_trace_id(line_builder& line, std::string_view name, std::string_view bytes)
{
    constexpr char digits[] = "0123456789abcdef";
    std::array<char, 32> hex;
    if (bytes.size() * 2 != hex.size()) return;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        hex[2 * i] = digits[byte >> 4];
        hex[2 * i + 1] = digits[byte & 15];
    }
    line.text(name, {hex.data(), hex.size()});
}

// The first of them, where there are several.
void put_header(line_builder& line, std::string_view name, const routing::header_lookup* headers)
{
    if (headers == nullptr) return;
    std::size_t from = 0;
    const auto value = headers->next(name.substr(conf::header_field_prefix.size()), from);
    if (value) line.text(name, value->substr(0, max_header_bytes));
}

void put_tls(line_builder& line, const conf::chosen_log_field& field, const tls::handshake_facts* tls)
{
    if (tls == nullptr) return;
    if (field.what == log_field::tls_version) line.text(field.name, tls->version);
    if (field.what == log_field::tls_cipher) line.text(field.name, tls->cipher);
    if (field.what == log_field::sni) line.text_if(field.name, tls->server_name);
    if (field.what == log_field::tls_resumed) line.flag(field.name, tls->is_resumed);
    if (field.what == log_field::client_certificate && tls->peer) line.text(field.name, tls->peer->subject);
}

void put_queued(line_builder& line, std::string_view name, std::chrono::microseconds queued)
{
    if (queued.count() > 0) line.seconds(name, count(queued));
}

} // namespace fairlead::log
