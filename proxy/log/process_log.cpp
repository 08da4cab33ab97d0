#include "proxy/log/process_log.hpp"

#include "proxy/log/line_sink.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string_view>

#include <poll.h>
#include <unistd.h>

namespace fairlead::log {
namespace {

spdlog::level::level_enum to_level(conf::log_level level)
{
    switch (level) {
    case conf::log_level::debug: return spdlog::level::debug;
    case conf::log_level::info: return spdlog::level::info;
    case conf::log_level::warn: return spdlog::level::warn;
    case conf::log_level::error: return spdlog::level::err;
    }
    return spdlog::level::info;
}

// A pipe takes so much whole or not at all (pipe(7), PIPE_BUF).
void tell_on_stderr(const std::string& what)
{
    const std::string line = what + "\n";
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return;
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
}

// Colours are for terminals whose owner has not said otherwise (no-color.org).
bool wants_colours(const line_writer& writer)
{
    const char* const refused = std::getenv("NO_COLOR");
    return writer.is_terminal() && (refused == nullptr || *refused == '\0');
}

} // namespace

process_log::process_log(const conf::log_options& options)
    : writer_(std::make_shared<line_writer>(options.target, "log", &tell_on_stderr))
{
    const line_style style{options.format, wants_colours(*writer_)};
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("fairlead", std::make_shared<line_sink>(writer_, style)));
    set_log_level(options.level);
}

process_log::~process_log() { writer_->finish(); }

void set_log_level(conf::log_level least) { spdlog::default_logger()->set_level(to_level(least)); }

void report_error_lines(const std::string& text)
{
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        spdlog::error("{}", line);
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    }
}

} // namespace fairlead::log
