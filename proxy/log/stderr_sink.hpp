// The sink of the process's own log: standard error, without ever waiting for whoever reads it.
//
// A line that the pipe or terminal does not take at once is dropped: a worker that logged would stop all its
// tunnels otherwise. Lines are cut to 4 KiB, which a pipe takes whole or not at all (pipe(7), PIPE_BUF).
// Thread: any.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <mutex>

namespace fairlead::log {

class stderr_sink final : public spdlog::sinks::base_sink<std::mutex>
{
private:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}
};

} // namespace fairlead::log
