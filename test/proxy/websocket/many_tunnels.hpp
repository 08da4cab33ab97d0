// A worker's relay with any number of tunnels over socket pairs, whose other ends nobody reads.
#pragma once

#include "proxy/websocket/origin_table.hpp"
#include "proxy/websocket/relay.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include <array>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::test {

struct many_tunnels : websocket::tunnel_observer
{
    boost::asio::io_context io{1};
    net::timer_wheel wheel{1'000};
    metrics::worker_cells worker;
    metrics::tunnel_cells cells;
    websocket::origin_table origins;
    std::vector<int> peers;
    websocket::relay relay{io, wheel, worker, *this, {}};

    many_tunnels() = default;
    many_tunnels(const many_tunnels&) = delete;
    many_tunnels& operator=(const many_tunnels&) = delete;
    virtual ~many_tunnels()
    {
        for (const int fd : peers)
            ::close(fd);
    }

    // So many more tunnels to this backend.
    websocket::origin_ref origin(const std::string& backend, int tunnels,
                                 const std::string& listener = "0.0.0.0:80")
    {
        websocket::origin_ref made = origins.obtain({"route", "pool", backend, true, listener});
        made->cells = &cells;
        made->policy.close_timeout = 10;
        for (int i = 0; i < tunnels; ++i) {
            std::array<std::array<int, 2>, 2> fds{};
            for (auto& pair : fds) {
                REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()) == 0);
                peers.push_back(pair[1]);
            }
            websocket::tunnel_start begin;
            begin.client.fd = fds[0][0];
            begin.backend.fd = fds[1][0];
            begin.origin = made;
            relay.launch(std::move(begin));
        }
        return made;
    }

    void tunnel_ended(const websocket::tunnel&) noexcept override {}
};

} // namespace fairlead::test
