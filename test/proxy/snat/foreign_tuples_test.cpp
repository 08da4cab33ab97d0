#include "proxy/snat/foreign_tuples.hpp"

#include "proxy/net/address.hpp"
#include "test/proxy/snat/port_sets.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace fairlead;
using namespace fairlead::snat;
using namespace std::chrono_literals;

namespace {

const steady_time start{1'000s};

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

enum class sharing : bool
{
    no,
    reuse_address
};

// Somebody else's TCP socket at a loopback address; port 0: the kernel's choice. Closed by a reset.
class stranger
{
public:
    stranger(const char* address, std::uint16_t port, sharing how = sharing::no)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        const int on = how == sharing::reuse_address ? 1 : 0;
        ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const auto local = net::to_socket_address(ip(address), port);
        REQUIRE(::bind(fd_, local.data(), local.size) == 0);
    }
    stranger(const stranger&) = delete;
    stranger& operator=(const stranger&) = delete;
    ~stranger() { close(); }

    void listen() { REQUIRE(::listen(fd_, 64) == 0); }
    void connect(const tuple_destination& to)
    {
        const auto remote = net::to_socket_address(to.ip, to.port);
        REQUIRE(::connect(fd_, remote.data(), remote.size) == 0);
    }
    void close()
    {
        const linger reset{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    tuple_destination address() const
    {
        const auto local = net::local_of(fd_);
        return {*net::ip_of(local), net::port_of(local)};
    }

private:
    int fd_;
};

bool is_free(std::uint16_t port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto any = net::to_socket_address(ip("0.0.0.0"), port);
    const bool bound = ::bind(fd, any.data(), any.size) == 0;
    ::close(fd);
    return bound;
}

// The first of `count` ports from `lowest` on that nobody has at any address: proxies of tests that run
// beside this one dial from some.
std::uint16_t free_ports(std::uint16_t count, std::uint16_t lowest = 22'000)
{
    for (std::uint16_t first = lowest; first < 30'000; first += count) {
        std::uint16_t free = 0;
        while (free < count && is_free(first + free))
            ++free;
        if (free == count) return first;
    }
    FAIL("no run of free ports below 30000");
    return 0;
}

// Two listening destinations, and a ledger with the spaces of one source to both: ten ports.
struct bench
{
    bench()
    {
        first_server.listen();
        second_server.listen();
    }

    std::size_t reconcile()
    {
        const auto report = foreign.reconcile(now += 61s);
        REQUIRE_FALSE(report.error);
        unknown = report.unknown;
        return report.foreign;
    }

    stranger first_server{"127.0.0.1", 0};
    stranger second_server{"127.0.0.1", 0};
    tuple_destination one = first_server.address();
    tuple_destination two = second_server.address();
    tuple_ledger ledger;
    const char* source = "127.8.0.1";
    std::uint16_t port = free_ports(10); // the first
    tuple_space& to_one = ledger.hold(ip(source), one, ports_from(port, 10));
    tuple_space& to_two = ledger.hold(ip(source), two, ports_from(port, 10));
    foreign_tuples foreign{ledger};
    steady_time now = start;
    std::size_t unknown = 0;
};

} // namespace

TEST_CASE("a tuple that another socket shares its port for is held alone, until that is gone")
{
    bench at;
    stranger other(at.source, at.port + 3, sharing::reuse_address);
    other.connect(at.one);
    CHECK(at.reconcile() == 1);
    CHECK(at.to_one.foreign() == 1);
    CHECK(at.to_one.set_aside() == 1);
    CHECK(at.to_one.in_use() == 0);
    CHECK_FALSE(at.to_one.claim_port(at.port + 3));
    CHECK(at.to_two.foreign() == 0);
    CHECK(at.to_two.claim_port(at.port + 3));
    CHECK(at.foreign.recheck().foreign == 1);
    other.close();
    CHECK(at.foreign.recheck().foreign == 0);
    CHECK(at.to_one.set_aside() == 0);
    CHECK(at.to_one.claim_port(at.port + 3));
}

TEST_CASE("a port that bind() refuses is held towards every destination, until that is gone")
{
    bench at;
    stranger connected(at.source, at.port + 4);
    connected.connect(at.one);
    stranger listening("0.0.0.0", at.port + 5);
    listening.listen();
    stranger bound(at.source, at.port + 6);
    CHECK(at.reconcile() == 6);
    for (auto* space : {&at.to_one, &at.to_two}) {
        CHECK(space->foreign() == 3);
        for (const int offset : {4, 5, 6})
            CHECK_FALSE(space->claim_port(at.port + offset));
        std::vector<tuple_lease> leases;
        while (auto lease = space->claim())
            leases.push_back(std::move(*lease));
        CHECK(leases.size() == 7);
    }
    listening.close();
    connected.close();
    CHECK(at.reconcile() == 2);
    bound.close();
    CHECK(at.reconcile() == 0);
}

TEST_CASE("what is ours is left alone, and a defect is told when the kernel never had it")
{
    bench at;
    auto with_socket = at.to_one.claim_port(at.port + 1);
    REQUIRE(with_socket);
    stranger ours(at.source, at.port + 1, sharing::reuse_address);
    ours.connect(at.one);
    auto without_socket = at.to_one.claim_port(at.port + 2);
    REQUIRE(without_socket);
    auto resting = at.to_one.claim_port(at.port + 3);
    REQUIRE(resting);
    resting->set_aside(at.now + 1h);
    CHECK(at.reconcile() == 0);
    CHECK(at.unknown == 0); // it may be about to have one
    CHECK(at.reconcile() == 0);
    CHECK(at.unknown == 1);
    CHECK(at.to_one.in_use() == 2);
    without_socket->reset();
    CHECK(at.reconcile() == 0);
    CHECK(at.unknown == 0);
}

TEST_CASE("ports that dials found in foreign use are taken over, and come back as soon as they are free")
{
    bench at;
    stranger other(at.source, at.port + 7);
    auto tripped = at.to_two.claim_port(at.port + 7);
    REQUIRE(tripped);
    tripped->set_aside(at.now + 1h, tuple_use::foreign);
    CHECK(at.ledger.aside().foreign_uses() == 1);
    CHECK(at.reconcile() == 2);
    other.close();
    CHECK(at.foreign.recheck().foreign == 0);
    CHECK(at.to_two.claim_port(at.port + 7));
}

TEST_CASE("where the kernel chooses, as many are held as others have in the range")
{
    bench at;
    const std::uint16_t first = free_ports(100, at.port + 10);
    auto& counted =
        at.ledger.hold(ip(at.source), at.one, ports_from(first, 100, conf::port_selection::kernel));
    auto ours = counted.claim();
    stranger mine(at.source, first);
    mine.connect(at.one);
    std::vector<std::unique_ptr<stranger>> others;
    for (int offset = 50; offset < 60; ++offset) {
        others.push_back(std::make_unique<stranger>(at.source, first + offset));
        others.back()->connect(at.one);
    }
    CHECK(at.reconcile() == 10);
    CHECK(counted.foreign() == 10);
    CHECK(counted.in_use() == 1);
    others.resize(4);
    CHECK(at.reconcile() == 4);
    CHECK(counted.foreign() == 4);
    others.clear();
    CHECK(at.reconcile() == 0);
}

TEST_CASE("a space that nobody else holds any more is let go")
{
    bench at;
    stranger other(at.source, at.port + 8);
    CHECK(at.reconcile() == 2);
    at.ledger.drop({&at.to_one});
    CHECK(at.reconcile() == 1);
    CHECK(at.ledger.usage().size() == 1);
}

TEST_CASE("workers that claim and give back meanwhile lose nothing to a comparison")
{
    bench at;
    stranger other(at.source, at.port, sharing::reuse_address);
    other.connect(at.one);
    std::atomic<bool> is_over{false};
    std::vector<std::thread> workers;
    for (int i = 0; i < 2; ++i) {
        workers.emplace_back([&at, &is_over] {
            while (!is_over) {
                auto first = at.to_one.claim();
                auto second = at.to_one.claim();
                if (second) second->set_aside(start); // swept below
            }
        });
    }
    for (int i = 0; i < 10; ++i) {
        CHECK(at.reconcile() <= 1); // none while a worker has that port
        at.ledger.aside().sweep(at.now);
    }
    is_over = true;
    for (auto& each : workers)
        each.join();
    at.ledger.aside().sweep(at.now);
    CHECK(at.reconcile() == 1);
    CHECK(at.to_one.in_use() == 0);
    CHECK(at.to_one.set_aside() == 1);
    CHECK(at.to_one.free(at.now) == 9);
}
