// The sink of the process's own log: makes a line of a message and hands it to a line_writer, so that nobody
// who logs ever waits for whoever reads it.
//
// In text: "2026-01-31T12:00:00.250Z warn what there is to say"; in JSON an object with time, level and
// message. Any bytes may be in a message: what is not printable ASCII is escaped, so a line is one line.
// Thread: any. Errors: a line that there is no memory for is counted as
// dropped.
#pragma once

#include "conf/log_options.hpp"
#include "proxy/log/line_writer.hpp"

#include <spdlog/sinks/sink.h>

#include <memory>
#include <string>
#include <utility>

namespace fairlead::log {

struct line_style
{
    conf::log_format format = conf::log_format::text;
    bool has_colours = false; // of the level, in text
};

class line_sink final : public spdlog::sinks::sink
{
public:
    line_sink(std::shared_ptr<line_writer> writer, line_style style)
        : writer_(std::move(writer))
        , style_(style)
    {}

    void log(const spdlog::details::log_msg& message) override;
    void flush() override; // waits, for a second at most
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
    std::string line_of(const spdlog::details::log_msg& message) const;

    const std::shared_ptr<line_writer> writer_;
    const line_style style_;
};

} // namespace fairlead::log
