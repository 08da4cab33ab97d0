// GET and DELETE /connections: asks every worker for the tunnels of a query, or to close them, and puts the
// answers together.
//
// Nobody waits: `done` is called later, on the main thread, once; never when the process ends before. Thread:
// the main thread's.
#pragma once

#include "proxy/net/socket.hpp"
#include "proxy/server/process_control.hpp"
#include "proxy/server/worker.hpp"

#include <memory>
#include <span>

namespace fairlead::server {

// A query that is not one is answered at once.
void report_connections(net::asio::io_context& main, std::span<const std::unique_ptr<worker>> workers,
                        const connections_request& asked, process_control::later done);

// Those that the query asks for, of all workers: sorted, and its page of them alone.
void find_connections(net::asio::io_context& main, std::span<const std::unique_ptr<worker>> workers,
                      std::shared_ptr<const connection_query> asked, process_control::found done);

void trace_connection(net::asio::io_context& main, std::span<const std::unique_ptr<worker>> workers,
                      const std::string& id, std::shared_ptr<websocket::frame_trace> into,
                      std::function<void(std::uint64_t)> done);

} // namespace fairlead::server
