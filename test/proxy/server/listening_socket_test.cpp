#include "proxy/server/listening_socket.hpp"

#include "test/conf/scratch_folder.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <boost/system/system_error.hpp>

#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace fairlead;
using server::open_listening_sockets;
using server::owned_fd;

namespace {

conf::endpoint any_port(const char* ip)
{
    conf::endpoint out;
    out.ip = conf::parse_ip_address(ip).value();
    out.text = std::string(ip) + ":0";
    return out;
}

conf::endpoint same_port(const owned_fd& as, const char* ip)
{
    conf::endpoint out = any_port(ip);
    out.port = net::port_of(net::local_of(as.get()));
    out.text = std::string(ip) + ":" + std::to_string(out.port);
    return out;
}

std::string failure_of(const conf::endpoint& address)
{
    try {
        open_listening_sockets(address, 1, 16);
    } catch (const boost::system::system_error& failure) {
        return failure.what();
    }
    return {};
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

int option(int fd, int name)
{
    int value = 0;
    socklen_t size = sizeof value;
    ::getsockopt(fd, SOL_SOCKET, name, &value, &size);
    return value;
}

int accept_one(const std::vector<owned_fd>& from)
{
    int count = 0;
    for (const auto& each : from) {
        const int fd = ::accept(each.get(), nullptr, nullptr);
        if (fd >= 0) {
            ::close(fd);
            ++count;
        }
    }
    return count;
}

} // namespace

TEST_CASE("an owned descriptor is closed once, by its last owner")
{
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    {
        owned_fd first(fd);
        owned_fd second(std::move(first));
        owned_fd third(-1);
        third = std::move(second);
        CHECK(third.get() == fd);
        CHECK(first.get() == -1);
        CHECK(is_open(fd));
    }
    CHECK_FALSE(is_open(fd));
    owned_fd kept(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const test::peer released(kept.release());
    CHECK(kept.get() == -1);
}

TEST_CASE("each worker has a listening socket of its own on the one port")
{
    const auto made = open_listening_sockets(any_port("127.0.0.1"), 3, 16);
    REQUIRE(made.size() == 3);
    const auto local = net::local_of(made[0].get());
    CHECK(net::port_of(local) != 0);
    for (const auto& each : made) {
        CHECK(net::to_string(net::local_of(each.get())) == net::to_string(local));
        CHECK(option(each.get(), SO_ACCEPTCONN) == 1);
        CHECK((::fcntl(each.get(), F_GETFL) & O_NONBLOCK) != 0);
        CHECK((::fcntl(each.get(), F_GETFD) & FD_CLOEXEC) != 0);
    }
    for (int i = 0; i < 10; ++i) {
        const auto client = test::connect_to(local);
        CHECK(accept_one(made) == 1);
    }
}

TEST_CASE("a port that another process listens on is refused by its address, also when it would share it")
{
    const auto made = open_listening_sockets(any_port("127.0.0.1"), 1, 16);
    const auto again = same_port(made[0], "127.0.0.1");
    CHECK(failure_of(again).find("cannot bind " + again.text) != std::string::npos);
}

TEST_CASE("an address that is not this machine's is refused by name")
{
    CHECK(failure_of(any_port("198.51.100.1")).find("cannot bind 198.51.100.1:0") != std::string::npos);
}

TEST_CASE("a port is free again as soon as its sockets are closed, whatever is left of its connections")
{
    auto made = open_listening_sockets(any_port("127.0.0.1"), 2, 16);
    const auto again = same_port(made[0], "127.0.0.1");
    {
        const auto client = test::connect_to(net::local_of(made[0].get()));
        CHECK(accept_one(made) == 1); // closed here first: TIME_WAIT
    }
    made.clear();
    CHECK(open_listening_sockets(again, 2, 16).size() == 2);
}

TEST_CASE("\"[::]\" takes IPv4 as well")
{
    const owned_fd probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (probe.get() < 0) return; // a kernel without IPv6
    const auto made = open_listening_sockets(any_port("::"), 1, 16);
    const auto v4 = conf::parse_ip_address("127.0.0.1").value();
    const auto client =
        test::connect_to(net::to_socket_address(v4, net::port_of(net::local_of(made[0].get()))));
    CHECK(accept_one(made) == 1);
}

TEST_CASE("workers share the one queue of a Unix socket")
{
    const conf::scratch_folder folder;
    const auto address = conf::parse_endpoint("unix:" + (folder.path() / "front.sock").string()).value();
    const auto made = open_listening_sockets(address, 3, 16);
    REQUIRE(made.size() == 3);
    const auto client = test::connect_to(net::to_socket_address(address.path).value());
    CHECK(accept_one(made) == 1);
    CHECK((::fcntl(made[2].get(), F_GETFD) & FD_CLOEXEC) != 0);

    const std::string failure = failure_of(address); // it is listened on
    CHECK(failure.find("cannot bind " + address.text) != std::string::npos);
}

TEST_CASE("a socket file that its process left behind is replaced, any other file is not")
{
    const conf::scratch_folder folder;
    const auto address = conf::parse_endpoint("unix:" + (folder.path() / "front.sock").string()).value();
    open_listening_sockets(address, 1, 16).clear();
    struct stat found
    {};
    REQUIRE(::stat(address.path.c_str(), &found) == 0);
    CHECK(open_listening_sockets(address, 1, 16).size() == 1);

    const auto taken = conf::parse_endpoint("unix:" + folder.write("data", "precious").string()).value();
    CHECK_FALSE(failure_of(taken).empty());
    std::string text;
    std::ifstream(taken.path) >> text;
    CHECK(text == "precious");
}

TEST_CASE("a private socket has its mode whatever the umask is, and replaces a file that nobody listens on")
{
    const conf::scratch_folder folder;
    const auto address = *conf::parse_endpoint("unix:" + (folder.path() / "admin.sock").string());
    const auto mode_of = [&] {
        struct stat found
        {};
        REQUIRE(::stat(address.path.c_str(), &found) == 0);
        return found.st_mode & 0777U;
    };
    const mode_t before = ::umask(0077);
    {
        const auto wide = server::open_private_socket(address, 0660, 4);
        ::umask(before);
        CHECK(mode_of() == 0660);
        CHECK_THROWS_AS(server::open_private_socket(address, 0600, 4), boost::system::system_error);
    } // its file stays, and nobody listens
    const auto again = server::open_private_socket(address, 0600, 4);
    CHECK(mode_of() == 0600);
}
