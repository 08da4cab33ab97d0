#include "proxy/server/listening_socket.hpp"

#include "proxy/net/address.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

[[noreturn]] void fail(const conf::endpoint& address, const char* what)
{
    throw boost::system::system_error(errno, boost::system::system_category(),
                                      std::string("cannot ") + what + " " + address.text);
}

void set_option(int fd, int level, int name, int value)
{
    ::setsockopt(fd, level, name, &value, sizeof value);
}

owned_fd open_socket(const conf::endpoint& address, const net::socket_address& local, std::uint32_t backlog)
{
    owned_fd made(::socket(local.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0) fail(address, "make a socket for");
    if (local.family() != AF_UNIX) {
        set_option(made.get(), SOL_SOCKET, SO_REUSEADDR, 1);
        set_option(made.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (local.family() == AF_INET6)
        set_option(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0); // "[::]" takes IPv4 as well
    if (::bind(made.get(), local.data(), local.size) != 0) fail(address, "bind");
    if (::listen(made.get(), static_cast<int>(backlog)) != 0) fail(address, "listen on");
    return made;
}

// SO_REUSEPORT would let a second Fairlead of the same user share the port unnoticed, and take half of its
// clients.
void refuse_when_taken(const conf::endpoint& address, const net::socket_address& local)
{
    owned_fd probe(::socket(local.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (probe.get() < 0) fail(address, "make a socket for");
    set_option(probe.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (local.family() == AF_INET6) set_option(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (::bind(probe.get(), local.data(), local.size) != 0) fail(address, "bind");
}

// A socket file that nobody listens on any more is left over from a process that is gone.
void remove_stale_file(const conf::endpoint& address, const net::socket_address& local)
{
    struct stat found
    {};
    if (::lstat(address.path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
    owned_fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (probe.get() >= 0 && ::connect(probe.get(), local.data(), local.size) != 0 && errno == ECONNREFUSED)
        ::unlink(address.path.c_str());
}

net::socket_address unix_address(const conf::endpoint& address)
{
    const auto local = net::to_socket_address(address.path);
    if (local) return *local;
    errno = ENAMETOOLONG;
    fail(address, "bind");
}

} // namespace

owned_fd& owned_fd::operator=(owned_fd&& other) noexcept
{
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

owned_fd::~owned_fd()
{
    if (fd_ >= 0) ::close(fd_);
}

int owned_fd::release() noexcept { return std::exchange(fd_, -1); }

std::vector<owned_fd> open_listening_sockets(const conf::endpoint& address, std::size_t count,
                                             std::uint32_t backlog, bool may_be_taken)
{
    std::vector<owned_fd> made;
    if (address.what == conf::endpoint::kind::unix_path) {
        const net::socket_address local = unix_address(address);
        remove_stale_file(address, local);
        made.push_back(open_socket(address, local, backlog));
        while (made.size() < count) {
            made.emplace_back(::fcntl(made.front().get(), F_DUPFD_CLOEXEC, 0));
            if (made.back().get() < 0) fail(address, "duplicate the socket for");
        }
        return made;
    }
    const net::socket_address local = net::to_socket_address(address.ip, address.port);
    if (!may_be_taken) refuse_when_taken(address, local);
    made.push_back(open_socket(address, local, backlog));
    const net::socket_address bound = net::local_of(made.front().get()); // port 0 has become a real one
    while (made.size() < count)
        made.push_back(open_socket(address, bound, backlog));
    return made;
}

owned_fd open_private_socket(const conf::endpoint& address, std::uint32_t mode, std::uint32_t backlog)
{
    const net::socket_address local = unix_address(address);
    remove_stale_file(address, local);
    owned_fd made(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0) fail(address, "make a socket for");
    // bind(2) gives the file the socket's own mode, less the umask: never more than asked for, and then all.
    ::fchmod(made.get(), mode);
    if (::bind(made.get(), local.data(), local.size) != 0) fail(address, "bind");
    if (::chmod(address.path.c_str(), mode) != 0) fail(address, "set the mode of");
    if (::listen(made.get(), static_cast<int>(backlog)) != 0) fail(address, "listen on");
    return made;
}

} // namespace fairlead::server
