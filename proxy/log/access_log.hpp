// One worker's access log: a line when a tunnel opens, one when it ends and, by configuration, one now and
// then between; and one for each HTTP exchange that is asked for: all, a sample of those that went well, or
// only those that the proxy answered itself or that broke.
//
// Lines gather in the worker and go to the line_writer at flush(), which the worker calls several times a
// second, or when 64 KiB are there. Thread: the worker's. Errors: a line that there is no memory for is left
// out, and counted as one that is lost.
#pragma once

#include "conf/log_options.hpp"
#include "metrics/cells.hpp"
#include "proxy/log/access_record.hpp"
#include "proxy/log/line_writer.hpp"
#include "proxy/log/utc_text.hpp"
#include "proxy/websocket/tunnel.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fairlead::log {

class access_log
{
public:
    // With the defaults of [log].
    access_log(line_writer& writer, metrics::worker_cells& cells);

    void apply(const conf::log_options& options);

    void exchange(const exchange_record& what) noexcept;
    void tunnel_opened(const websocket::tunnel_origin& origin, const websocket::tunnel_texts::parts& texts,
                       const tunnel_opening& how) noexcept;
    void tunnel_progress(const websocket::tunnel& of, std::chrono::milliseconds idle) noexcept;
    void tunnel_closed(const websocket::tunnel& ended) noexcept;
    void flush() noexcept;

    bool is_off() const noexcept { return writer_.is_off(); }

private:
    using field_list = std::vector<conf::chosen_log_field>;

    static constexpr std::size_t event_count = 4;

    const field_list& fields_of(conf::log_event event) const noexcept;
    std::uint32_t sample_of(const exchange_record& what) const noexcept;
    template <class Line>
    void add(conf::log_event event, Line make) noexcept;
    template <class Line>
    void append(std::span<const conf::chosen_log_field> fields, Line make);

    line_writer& writer_;
    metrics::worker_cells& cells_;
    std::array<field_list, event_count> fields_; // of each event
    conf::log_format format_ = conf::log_format::json;
    std::uint32_t sample_ = 0; // one in so many of the exchanges that went well; 0: none
    utc_clock clock_;
    std::string lines_;
    std::uint64_t line_count_ = 0; // in lines_
};

} // namespace fairlead::log
