#include "proxy/cli/health.hpp"

#include "conf/values.hpp"
#include "proxy/net/address.hpp"
#include "proxy/server/listening_socket.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string_view>

#include <sys/socket.h>
#include <sys/time.h>

namespace fairlead::cli {
namespace {

int fail(const std::string& address, std::string_view why)
{
    std::cerr << "not ready: " << address << ": " << why << '\n';
    return EXIT_FAILURE;
}

} // namespace

int check_health(const std::string& admin_address)
{
    const auto endpoint = conf::parse_endpoint(admin_address);
    if (!endpoint || endpoint->what == conf::endpoint::kind::name)
        return fail(admin_address, "not an address such as 127.0.0.1:9900 or unix:/run/fairlead.sock");
    const auto remote = endpoint->what == conf::endpoint::kind::unix_path
                            ? net::to_socket_address(endpoint->path)
                            : net::to_socket_address(endpoint->ip, endpoint->port);
    if (!remote) return fail(admin_address, "the path is too long");
    const server::owned_fd socket(::socket(remote->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval limit{3, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    constexpr std::string_view request = "GET /readyz HTTP/1.0\r\n\r\n";
    if (::connect(socket.get(), remote->data(), remote->size) != 0 ||
        ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
        return fail(admin_address, std::strerror(errno));
    std::string answer;
    char block[512];
    for (ssize_t count; answer.size() < 4096 && (count = ::recv(socket.get(), block, sizeof block, 0)) > 0;)
        answer.append(block, static_cast<std::size_t>(count));
    if (answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200")) return EXIT_SUCCESS;
    const std::size_t body = answer.find("\r\n\r\n");
    return fail(admin_address, body == std::string::npos ? "no answer" : answer.substr(body + 4));
}

} // namespace fairlead::cli
