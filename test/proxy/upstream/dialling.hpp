// What tests of dialling need: pools made of a few words, a dialer over loopback, and its counters.
#pragma once

#include "proxy/net/address.hpp"
#include "proxy/upstream/dialer.hpp"
#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace fairlead::upstream::test {

using fairlead::test::listener;
using fairlead::test::peer;

inline conf::ip_address ip(const std::string& text) { return conf::parse_ip_address(text).value(); }

// A loopback address that refuses: the port stays bound, so that nobody else gets it, and nobody listens.
inline std::string refusing_address()
{
    static std::vector<int> held;
    held.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const net::socket_address any = net::to_socket_address(ip("127.0.0.1"), 0);
    REQUIRE(::bind(held.back(), any.data(), any.size) == 0);
    return net::to_string(net::local_of(held.back()));
}

struct dialling
{
    fairlead::test::event_loop loop;
    backend_registry registry;
    snat::tuple_ledger ledger;
    conf::socket_options options;
    metrics::backend_cells cells;
    net::connection_ends ends; // of the client
    tls::wire tls_way;
    net::handshake_gate gate{loop.executor(), loop.wheel()};
    metrics::tls_cells tls_cells;
    dialer dials{loop.executor(), loop.wheel(), tls_way, gate, tls_cells};

    std::unique_ptr<pool> make_pool(const std::vector<std::string>& backends,
                                    const std::vector<std::string>& sources = {},
                                    conf::proxy_protocol proxy_protocol = conf::proxy_protocol::none)
    {
        conf::pool_options written;
        written.proxy_protocol = proxy_protocol;
        written.name = "chat";
        for (const auto& text : backends)
            written.backends.push_back({conf::parse_endpoint(text).value(), 1, {}});
        for (const auto& text : sources)
            written.source.push_back(conf::parse_cidr(text).value());
        written.ports = {{31'000, 31'999}};
        return std::make_unique<pool>(written, conf::timeout_options{}, registry, ledger);
    }

    dial_result dial(const pool& from)
    {
        const dial_request wanted{from, options, cells, ends};
        return loop.finish(dials.dial(wanted, from.backends()[0]));
    }

    // Tuples in use, over all sources.
    std::uint32_t tuples() const
    {
        std::uint32_t total = 0;
        for (const auto& each : ledger.usage())
            total += each.in_use;
        return total;
    }
};

} // namespace fairlead::upstream::test
