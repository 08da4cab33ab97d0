#include "proxy/log/line_sink.hpp"

#include "proxy/log/json_line.hpp"
#include "proxy/log/text_line.hpp"
#include "proxy/log/utc_text.hpp"

#include <new>
#include <string_view>

namespace fairlead::log {
namespace {

constexpr std::chrono::seconds flush_time{1};

std::string_view name_of(spdlog::level::level_enum level)
{
    switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug: return "debug";
    case spdlog::level::warn: return "warn";
    case spdlog::level::err:
    case spdlog::level::critical: return "error";
    case spdlog::level::info:
    case spdlog::level::off:
    case spdlog::level::n_levels: break;
    }
    return "info";
}

// ECMA-48 8.3.117: faint, green, yellow, red.
std::string_view colour_of(std::string_view level)
{
    if (level == "debug") return "\x1b[2m";
    if (level == "info") return "\x1b[32m";
    return level == "warn" ? "\x1b[33m" : "\x1b[31m";
}

} // namespace

std::string line_sink::line_of(const spdlog::details::log_msg& message) const
{
    const std::string_view level = name_of(message.level);
    const std::string_view what{message.payload.data(), message.payload.size()};
    const std::string time = utc_text(message.time);
    std::string line;
    if (style_.format == conf::log_format::json) {
        json_line(line).text("time", time).text("level", level).text("message", what);
        return line;
    }
    line.append(time).append(" ");
    if (style_.has_colours)
        line.append(colour_of(level)).append(level).append("\x1b[0m ");
    else
        line.append(level).append(" ");
    append_printable(line, what);
    return line += '\n';
}

void line_sink::log(const spdlog::details::log_msg& message)
{
    try {
        std::string line = line_of(message);
        writer_->submit(line);
    } catch (const std::bad_alloc&) {
        writer_->count_dropped(1);
    }
}

void line_sink::flush() { writer_->flush(flush_time); }

} // namespace fairlead::log
