// A worker's relay with one tunnel over socket pairs; the test is both the client and the backend.
#pragma once

#include "proxy/websocket/relay.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::test {

using websocket::end_cause;

struct ended_tunnel
{
    websocket::tunnel_end end;
    std::uint16_t client_code;
    std::uint16_t backend_code;
};

struct relay_bench final : websocket::tunnel_observer
{
    boost::asio::io_context io{1};
    net::milliseconds_count start = steady_ms();
    net::timer_wheel wheel{start};
    metrics::worker_cells worker;
    metrics::tunnel_cells cells;
    std::vector<ended_tunnel> ended;
    websocket::relay relay{io, wheel, worker, *this, {}};
    boost::intrusive_ptr<websocket::tunnel_origin> origin;
    int client = -1;
    int backend = -1;
    int our_backend = -1; // the relay's

    static net::milliseconds_count steady_ms()
    {
        return static_cast<net::milliseconds_count>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                        std::chrono::steady_clock::now().time_since_epoch())
                                                        .count());
    }

    struct setting
    {
        std::string_view from_client = {};
        std::string_view from_backend = {};
        bool is_websocket = true;
        websocket::tunnel_policy policy = {};
        std::uint8_t reserved_bits = 0;
        // Makes the connection of our descriptor to the test's; none: plain.
        std::function<std::unique_ptr<tls::connection>(int ours, int theirs)> client_tls = {};
        std::function<std::unique_ptr<tls::connection>(int ours, int theirs)> backend_tls = {};
    };

    relay_bench()
        : relay_bench(setting{})
    {}
    explicit relay_bench(const setting& how)
    {
        ended.reserve(8); // so that it can be told while memory is out
        const auto [our_client, test_client] = pair();
        const auto [our_backend_fd, test_backend] = pair();
        client = test_client;
        backend = test_backend;
        our_backend = our_backend_fd;
        websocket::tunnel_start begin;
        begin.client.fd = our_client;
        begin.backend.fd = our_backend_fd;
        if (how.client_tls) begin.client.tls = how.client_tls(our_client, test_client);
        if (how.backend_tls) begin.backend.tls = how.backend_tls(our_backend_fd, test_backend);
        begin.is_websocket = how.is_websocket;
        begin.reserved_bits = how.reserved_bits;
        begin.from_client = how.from_client;
        begin.from_backend = how.from_backend;
        begin.origin = boost::intrusive_ptr<websocket::tunnel_origin>(new websocket::tunnel_origin);
        begin.origin->cells = how.is_websocket ? &cells : nullptr;
        begin.origin->policy = how.policy;
        begin.origin->policy.close_timeout = 10;
        origin = begin.origin;
        relay.launch(std::move(begin));
        turn();
    }
    ~relay_bench()
    {
        ::close(client);
        ::close(backend);
    }

    static std::pair<int, int> pair()
    {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
        return {fds[0], fds[1]};
    }

    void turn()
    {
        io.restart();
        while (io.poll() > 0) {
        }
    }
    void pass_time(net::milliseconds_count ms)
    {
        start += ms;
        wheel.advance(start + 200);
        turn();
    }

    static void put(int fd, std::string_view bytes)
    {
        REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
    }
    // What is there; "<end>" marks the end of the stream.
    std::string take(int fd)
    {
        turn();
        std::string out;
        std::array<char, 65536> block;
        for (;;) {
            const ssize_t count = ::recv(fd, block.data(), block.size(), 0);
            if (count > 0) {
                out.append(block.data(), static_cast<std::size_t>(count));
                turn();
                continue;
            }
            return count == 0 ? out + "<end>" : out;
        }
    }

    void tunnel_ended(const websocket::tunnel& which) noexcept override
    {
        ended.push_back({which.end, which.client.close_code, which.backend.close_code});
    }
};

// "Hello" as RFC 6455 5.7 writes it.
inline const std::string masked_hello{"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11};
inline const std::string plain_hello{"\x81\x05Hello", 7};
inline const std::string masked_close{"\x88\x82\x00\x00\x00\x00\x03\xe8", 8};
inline const std::string plain_close{"\x88\x02\x03\xe8", 4};
inline const std::string our_close{"\x88\x12\x03\xe9please reconnect"};
inline const websocket::own_close drained{1001, 1001, end_cause::drained};

} // namespace fairlead::test
