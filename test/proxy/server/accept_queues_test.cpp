#include "proxy/server/accept_queues.hpp"

#include "proxy/net/address.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include <sys/socket.h>

using namespace fairlead;
using server::accept_queues;
using server::open_listening_sockets;
using server::owned_fd;

namespace {

std::vector<owned_fd> open_on_loopback(std::size_t count, std::uint32_t backlog)
{
    conf::endpoint address;
    address.ip = conf::parse_ip_address("127.0.0.1").value();
    address.text = "127.0.0.1:0";
    return open_listening_sockets(address, count, backlog);
}

// A connect that nobody may ever answer.
owned_fd begin_connect(const net::socket_address& to)
{
    owned_fd client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(client.get(), to.data(), to.size);
    return client;
}

} // namespace

TEST_CASE("a queue shows who waits in it, how many can, and who found it full")
{
    accept_queues queues;
    auto sockets = open_on_loopback(1, 2);
    const auto address = net::local_of(sockets.front().get());
    const server::watched_socket held = queues.watch("a", 3, std::move(sockets.front()));
    REQUIRE(queues.read().size() == 1);
    CHECK(queues.read().front().listener == "a");
    CHECK(queues.read().front().worker == 3);
    CHECK(queues.read().front().waiting == 0);
    CHECK(queues.read().front().limit == 2);

    std::vector<owned_fd> clients;
    for (int i = 0; i < 5; ++i)
        clients.push_back(begin_connect(address));
    const auto full = queues.read();
    CHECK(full.front().waiting == 3); // Linux takes one more than the limit
    CHECK(full.front().drops >= 1);

    const owned_fd taken(::accept4(held.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    CHECK(queues.read().front().waiting == 2);
}

TEST_CASE("a socket is looked at until its entry ends, wherever that has moved")
{
    accept_queues queues;
    auto sockets = open_on_loopback(2, 16);
    server::watched_socket first = queues.watch("a", 0, std::move(sockets[0]));
    {
        const server::watched_socket second = queues.watch("a", 1, std::move(sockets[1]));
        const server::watched_socket moved = std::move(first);
        CHECK(queues.read().size() == 2);
    }
    CHECK(queues.read().empty());
    first.queue.end(); // again, and of what was moved from
    CHECK(queues.read().empty());
}

TEST_CASE("a Unix socket tells no queue and is left out")
{
    accept_queues queues;
    const server::watched_socket held =
        queues.watch("u", 0, owned_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    CHECK(queues.read().empty());
}
