#include "proxy/log/access_log.hpp"

#include "proxy/log/json_line.hpp"
#include "proxy/log/utc_text.hpp"

#include <new>

namespace fairlead::log {
namespace {

constexpr std::size_t flush_bytes = 64 * 1024;

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
unsigned own_code(const websocket::leg& to)
{
    return to.close == websocket::leg::closing::sent ? to.own_code : 0U;
}

std::string now_text() { return utc_text(std::chrono::system_clock::now()); }

void add_texts(json_line& line, const auto& text)
{
    line.text("id", text(part::id))
        .text("client", text(part::client))
        .text_if("user", text(part::user))
        .text_if("source", text(part::source))
        .text_if("host", text(part::host))
        .text("path", text(part::path))
        .text_if("subprotocol", text(part::subprotocol))
        .text_if("user_agent", text(part::user_agent));
}

void add_origin(json_line& line, const websocket::tunnel_origin& origin)
{
    line.text("route", origin.route).text("pool", origin.pool).text("backend", origin.backend);
}

// What `fill` makes of it, all or nothing; false: out of memory.
template <class Fill>
bool append_line(std::string& lines, Fill fill) noexcept
{
    const std::size_t before = lines.size();
    try {
        json_line line(lines);
        fill(line);
    } catch (const std::bad_alloc&) {
        lines.resize(before);
        return false;
    }
    if (lines.ends_with('\n')) return true;
    lines.resize(before);
    return false;
}

void add_queued(json_line& line, std::chrono::microseconds queued)
{
    if (queued.count() > 0) line.seconds("queued", static_cast<std::uint64_t>(queued.count()));
}

void add_tls(json_line& line, const tls::handshake_facts* tls)
{
    if (tls == nullptr) return;
    line.text("tls_version", tls->version).text("tls_cipher", tls->cipher).text_if("sni", tls->server_name);
    line.flag("tls_resumed", tls->is_resumed);
    if (tls->peer) line.text("client_certificate", tls->peer->subject);
}

} // namespace

void access_log::exchange(const exchange_record& what) noexcept
{
    if (writer_.is_off() || (!all_exchanges_ && what.reason.empty())) return;
    add(append_line(lines_, [&](json_line& line) {
        line.text("time", now_text())
            .text("event", "exchange")
            .text("id", what.id)
            .text("client", what.client)
            .text_if("user", what.user)
            .text_if("method", what.method)
            .text_if("host", what.host)
            .text_if("target", what.target)
            .text_if("route", what.route)
            .text_if("pool", what.pool)
            .text_if("backend", what.backend)
            .number("status", what.status)
            .text_if("reason", what.reason)
            .number("bytes_from_client", what.bytes_from_client)
            .number("bytes_to_client", what.bytes_to_client)
            .seconds("duration", static_cast<std::uint64_t>(what.duration.count()));
        if (what.attempts > 1) line.number("attempts", what.attempts);
        line.text_if("hedge", what.hedge);
        add_queued(line, what.queued);
        add_tls(line, what.tls);
    }));
}

void access_log::tunnel_opened(const websocket::tunnel_origin& origin,
                               const websocket::tunnel_texts::parts& texts, const opening& how) noexcept
{
    if (writer_.is_off()) return;
    add(append_line(lines_, [&](json_line& line) {
        line.text("time", now_text()).text("event", "tunnel_opened");
        add_texts(line, [&](part which) { return texts[static_cast<std::size_t>(which)]; });
        add_origin(line, origin);
        line.seconds("handshake", static_cast<std::uint64_t>(how.handshake.count()));
        add_queued(line, how.queued);
        add_tls(line, how.tls);
    }));
}

void access_log::tunnel_closed(const websocket::tunnel& ended) noexcept
{
    if (writer_.is_off()) return;
    const auto lifetime = std::chrono::steady_clock::now() - ended.opened_at;
    add(append_line(lines_, [&](json_line& line) {
        line.text("time", now_text()).text("event", "tunnel_closed");
        add_texts(line, [&](part which) { return ended.texts[which]; });
        add_origin(line, *ended.origin);
        line.seconds("lifetime", static_cast<std::uint64_t>(
                                     std::chrono::duration_cast<std::chrono::microseconds>(lifetime).count()))
            .text("closed_by", metrics::label(ended.end.by))
            .text("cause", metrics::label(ended.end.cause))
            .text("phase", name_of(ended.phase()))
            .number("bytes_from_client", ended.client.bytes)
            .number("bytes_from_backend", ended.backend.bytes);
        if (ended.is_websocket) {
            line.number("messages_from_client", ended.client.messages)
                .number("messages_from_backend", ended.backend.messages)
                .number("close_code_client", ended.client.close_code)
                .number("close_code_backend", ended.backend.close_code)
                .number("close_code_proxy_to_client", own_code(ended.client))
                .number("close_code_proxy_to_backend", own_code(ended.backend))
                .number("round_trip_client_us", ended.client.round_trip_us)
                .number("round_trip_backend_us", ended.backend.round_trip_us)
                .flag("protocol_violation",
                      ended.client.from.saw_violation() || ended.backend.from.saw_violation());
        }
    }));
}

void access_log::add(bool is_whole) noexcept
{
    if (!is_whole) {
        cells_.log_lines_dropped.add();
        return;
    }
    ++line_count_;
    if (lines_.size() >= flush_bytes) flush();
}

void access_log::flush() noexcept
{
    if (!lines_.empty() && !writer_.submit(lines_)) cells_.log_lines_dropped.add(line_count_);
    line_count_ = 0;
}

} // namespace fairlead::log
