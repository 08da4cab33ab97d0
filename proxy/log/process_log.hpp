// The process's own log while it lives: what spdlog's free functions write to.
//
// Made once the configuration is read; before it, spdlog's own logger to stdout is there. Its end writes what
// waits; what threads that nobody waits for log after it is dropped. Thread: the main thread's; logging is
// anybody's. Errors: throws std::system_error when its file cannot be opened. What its own file does not take
// is told on stderr, without waiting.
#pragma once

#include "conf/log_options.hpp"
#include "proxy/log/line_writer.hpp"

#include <memory>

namespace fairlead::log {

class process_log
{
public:
    explicit process_log(const conf::log_options& options);
    process_log(const process_log&) = delete;
    process_log& operator=(const process_log&) = delete;
    ~process_log();

    line_writer& writer() noexcept { return *writer_; }

private:
    std::shared_ptr<line_writer> writer_; // with spdlog's logger
};

// Of whatever log is in use.
void set_log_level(conf::log_level least);

// One line for each of the text's.
void report_error_lines(const std::string& text);

} // namespace fairlead::log
