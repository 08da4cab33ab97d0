#include "proxy/snat/tuple_return.hpp"

#include "proxy/snat/tuple_ledger.hpp"
#include "test/proxy/snat/port_sets.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace fairlead;
using namespace fairlead::snat;
using namespace std::chrono_literals;

namespace {

struct tcp_pair
{
    tcp_pair()
    {
        const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        REQUIRE(::listen(listener, 1) == 0);
        REQUIRE(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        ours = ::socket(AF_INET, SOCK_STREAM, 0);
        REQUIRE(::connect(ours, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
        peers = ::accept(listener, nullptr, nullptr);
        REQUIRE(peers >= 0);
        ::close(listener);
    }
    ~tcp_pair()
    {
        if (peers >= 0) ::close(peers);
    }

    int ours = -1;
    int peers = -1;
};

// What the space has set aside after our side was closed.
std::uint32_t set_aside_after(tcp_pair& of, bool by_reset)
{
    tuple_ledger ledger;
    auto& space = ledger.hold({}, {}, some_ports(2));
    {
        const tuple_return ending(std::move(space.claim().value()), of.ours, by_reset);
        CHECK(space.in_use() == 1); // not before the close
        ::close(of.ours);
    }
    CHECK(space.in_use() == 0);
    return space.set_aside();
}

} // namespace

TEST_CASE("a tuple rests as long as the kernel keeps it from us")
{
    CHECK(rest_after({TCP_CLOSE, true, false}) == 0s);
    CHECK(rest_after({TCP_CLOSE, false, true}) == 0s);
    CHECK(rest_after({TCP_SYN_SENT, false, false}) == 0s);
    CHECK(rest_after({TCP_CLOSE_WAIT, false, false}) == 1s);
    CHECK(rest_after({TCP_LAST_ACK, false, true}) == 1s);
    CHECK(rest_after({TCP_ESTABLISHED, true, false}) == 1s);
    CHECK(rest_after({TCP_FIN_WAIT2, true, false}) == 1s);
    CHECK(rest_after({TCP_ESTABLISHED, false, false}) == 60s);
    CHECK(rest_after({TCP_FIN_WAIT1, true, true}) == 60s);
}

TEST_CASE("when the peer ended first, or it is reset, the tuple is back with the close")
{
    tcp_pair ended;
    ::close(std::exchange(ended.peers, -1));
    CHECK(set_aside_after(ended, false) == 0);
    tcp_pair cut;
    CHECK(set_aside_after(cut, true) == 0);
}

TEST_CASE("when we end first, the tuple rests")
{
    tcp_pair open;
    CHECK(set_aside_after(open, false) == 1);
}
