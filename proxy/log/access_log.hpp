// One worker's access log: a JSON line when a tunnel opens, one when it ends, and one for each HTTP exchange
// that the configuration asks for (all of them, or those that the proxy answered itself).
//
// Lines gather in the worker and go to the line_writer at flush(), which the worker calls several times a
// second, or when 64 KiB are there. Field names are documented in docs/operations.md. Thread: the worker's.
// Errors: a line that there is no memory for is left out, and counted as one that is lost.
#pragma once

#include "metrics/cells.hpp"
#include "proxy/log/line_writer.hpp"
#include "proxy/websocket/tunnel.hpp"
#include "tls/handshake_facts.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::log {

struct exchange_record
{
    std::string_view id;
    std::string_view client;
    std::string_view method;
    std::string_view host;
    std::string_view target;
    std::string_view route;
    std::string_view pool;
    std::string_view backend;
    std::string_view user;   // whose password was right; empty: none was asked for
    std::string_view reason; // why the proxy answered itself, or what broke; empty when all was well
    const tls::handshake_facts* tls = nullptr; // of the client's connection; null: plain
    unsigned status = 0;                       // 0: the client left before an answer
    unsigned attempts = 1;                     // more than one: it was sent again
    std::string_view hedge;                    // what came of asking a second backend; empty: none was
    std::chrono::microseconds queued{0};       // of `duration`, waited for a backend to have room
    std::uint64_t bytes_from_client = 0;
    std::uint64_t bytes_to_client = 0;
    std::chrono::microseconds duration{0};
};

class access_log
{
public:
    access_log(line_writer& writer, metrics::worker_cells& cells)
        : writer_(writer)
        , cells_(cells)
    {}

    void set_all_exchanges(bool all) noexcept { all_exchanges_ = all; }

    void exchange(const exchange_record& what) noexcept;
    struct opening
    {
        std::chrono::microseconds handshake{0};    // from the request head to the 101
        std::chrono::microseconds queued{0};       // of it, waited for a backend to have room
        const tls::handshake_facts* tls = nullptr; // of the client's connection; null: plain
    };

    void tunnel_opened(const websocket::tunnel_origin& origin, const websocket::tunnel_texts::parts& texts,
                       const opening& how) noexcept;
    void tunnel_closed(const websocket::tunnel& ended) noexcept;
    void flush() noexcept;

private:
    void add(bool is_whole) noexcept;

    line_writer& writer_;
    metrics::worker_cells& cells_;
    std::string lines_;
    std::uint64_t line_count_ = 0; // in lines_
    bool all_exchanges_ = false;
};

} // namespace fairlead::log
