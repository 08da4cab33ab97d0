// What sessions tell the access log. Views: good for the call that they are passed to.
#pragma once

#include "proxy/routing/request_key.hpp"
#include "tls/handshake_facts.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fairlead::log {

struct exchange_record
{
    std::string_view id;
    std::string_view trace_id; // 16 bytes; empty: none
    std::string_view client;
    std::string_view method;
    std::string_view host;
    std::string_view target;
    std::string_view route;
    std::string_view pool;
    std::string_view backend;
    std::string_view user;   // whose password was right; empty: none was asked for
    std::string_view reason; // why the proxy answered itself, or what broke; empty when all was well
    const tls::handshake_facts* tls = nullptr;       // of the client's connection; null: plain
    const routing::header_lookup* headers = nullptr; // of the request; null: it had no head
    std::optional<std::uint32_t> sample;             // the route's own
    unsigned status = 0;                             // 0: the client left before an answer
    unsigned attempts = 1;                           // more than one: it was sent again
    std::string_view hedge;                          // what came of asking a second backend; empty: none was
    std::chrono::microseconds queued{0};             // of `duration`, waited for a backend to have room
    std::uint64_t bytes_from_client = 0;
    std::uint64_t bytes_to_client = 0;
    std::chrono::microseconds duration{0};
};

struct tunnel_opening
{
    std::chrono::microseconds handshake{0};          // from the request head to the 101
    std::chrono::microseconds queued{0};             // of it, waited for a backend to have room
    const tls::handshake_facts* tls = nullptr;       // of the client's connection; null: plain
    const routing::header_lookup* headers = nullptr; // of the request; null: unknown
};

} // namespace fairlead::log
