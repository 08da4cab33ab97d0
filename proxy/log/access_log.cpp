#include "proxy/log/access_log.hpp"

#include "proxy/log/exchange_line.hpp"
#include "proxy/log/json_line.hpp"
#include "proxy/log/sampling.hpp"
#include "proxy/log/text_line.hpp"
#include "proxy/log/tunnel_line.hpp"

#include <bit>
#include <new>
#include <utility>

namespace fairlead::log {
namespace {

constexpr std::size_t flush_bytes = 64 * 1024;
constexpr unsigned server_error = 500;

using conf::log_event;

std::size_t index_of(log_event event)
{
    return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint8_t>(event)));
}

std::vector<conf::chosen_log_field> all_fields()
{
    std::vector<conf::chosen_log_field> all;
    for (const auto& row : conf::log_fields()) {
        if (row.what != conf::log_field::header) all.push_back({row.what, std::string(row.name)});
    }
    return all;
}

std::chrono::microseconds lifetime_of(const websocket::tunnel& of)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 of.opened_at);
}

} // namespace

access_log::access_log(line_writer& writer, metrics::worker_cells& cells)
    : writer_(writer)
    , cells_(cells)
{
    apply({});
}

void access_log::apply(const conf::log_options& options)
{
    const field_list chosen = options.access_fields.empty() ? all_fields() : options.access_fields;
    std::array<field_list, event_count> fields;
    for (const auto event : {log_event::exchange, log_event::tunnel_opened, log_event::tunnel_progress,
                             log_event::tunnel_closed})
    {
        for (const auto& each : chosen) {
            if (conf::is_of(conf::row_of(each.what), event)) fields[index_of(event)].push_back(each);
        }
    }
    fields_ = std::move(fields);
    format_ = options.access_format;
    sample_ = options.requests ? options.sample : 0;
}

const access_log::field_list& access_log::fields_of(log_event event) const noexcept
{
    return fields_[index_of(event)];
}

// How many the exchange's line stands for; 0: it has none. What went wrong is always logged: all that the
// proxy answered itself and, where exchanges are logged, what backends call their own errors.
std::uint32_t access_log::sample_of(const exchange_record& what) const noexcept
{
    if (!what.reason.empty()) return 1;
    if (sample_ == 0) return 0;
    if (what.status >= server_error) return 1;
    const std::uint32_t one_in = what.sample.value_or(sample_);
    return is_in_sample(what.id, one_in) ? one_in : 0;
}

void access_log::exchange(const exchange_record& what) noexcept
{
    if (writer_.is_off()) return;
    const std::uint32_t sample = sample_of(what);
    if (sample == 0) return;
    add(log_event::exchange, [&](std::string_view time) { return exchange_line{time, what, sample}; });
}

void access_log::tunnel_opened(const websocket::tunnel_origin& origin,
                               const websocket::tunnel_texts::parts& texts,
                               const tunnel_opening& how) noexcept
{
    add(log_event::tunnel_opened, [&](std::string_view time) {
        return opening_line{time, origin, texts, how};
    });
}

void access_log::tunnel_progress(const websocket::tunnel& of, std::chrono::milliseconds idle) noexcept
{
    add(log_event::tunnel_progress, [&](std::string_view time) {
        return life_line{time, log_event::tunnel_progress, of, lifetime_of(of), idle};
    });
}

void access_log::tunnel_closed(const websocket::tunnel& ended) noexcept
{
    add(log_event::tunnel_closed, [&](std::string_view time) {
        return life_line{time, log_event::tunnel_closed, ended, lifetime_of(ended)};
    });
}

template <class Line>
void access_log::append(std::span<const conf::chosen_log_field> fields, Line make)
{
    const auto line = make(clock_.text(std::chrono::system_clock::now()));
    if (format_ == conf::log_format::json) {
        json_line out(lines_);
        put(out, fields, line);
    } else {
        text_line out(lines_);
        put(out, fields, line);
    }
}

// All of a line or nothing. Where none of the chosen fields is the event's, it has no line.
template <class Line>
void access_log::add(log_event event, Line make) noexcept
{
    const field_list& fields = fields_of(event);
    if (writer_.is_off() || fields.empty()) return;
    const std::size_t before = lines_.size();
    try {
        append(fields, make);
    } catch (const std::bad_alloc&) {
        lines_.resize(before);
    }
    if (lines_.size() == before || !lines_.ends_with('\n')) {
        lines_.resize(before);
        writer_.count_dropped(1);
        cells_.log_lines_dropped.add();
        return;
    }
    ++line_count_;
    if (lines_.size() >= flush_bytes) flush();
}

void access_log::flush() noexcept
{
    if (!writer_.submit(lines_)) cells_.log_lines_dropped.add(line_count_);
    line_count_ = 0;
}

} // namespace fairlead::log
