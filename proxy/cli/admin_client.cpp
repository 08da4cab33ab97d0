#include "proxy/cli/admin_client.hpp"

#include "conf/values.hpp"
#include "proxy/net/address.hpp"
#include "proxy/server/listening_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/time.h>

namespace fairlead::cli {
namespace {

constexpr std::size_t max_reply_bytes = 64UL * 1024 * 1024;

[[noreturn]] void fail(const std::string& address, std::string_view why)
{
    throw std::runtime_error(address + ": " + std::string(why));
}

net::socket_address resolve(const std::string& address)
{
    const auto endpoint = conf::parse_endpoint(address);
    if (!endpoint || endpoint->what == conf::endpoint::kind::name)
        fail(address, "not an address such as 127.0.0.1:9900 or unix:/run/fairlead.sock");
    if (endpoint->what != conf::endpoint::kind::unix_path)
        return net::to_socket_address(endpoint->ip, endpoint->port);
    const auto remote = net::to_socket_address(endpoint->path);
    if (!remote) fail(address, "the path is too long");
    return *remote;
}

server::owned_fd connect_to(const std::string& address, std::chrono::seconds limit)
{
    const net::socket_address remote = resolve(address);
    server::owned_fd socket(::socket(remote.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval wait{limit.count(), 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (::connect(socket.get(), remote.data(), remote.size) != 0) fail(address, std::strerror(errno));
    return socket;
}

// HTTP/1.0, so the answer ends where the connection does.
std::string exchange(int socket, const std::string& address, const std::string& request)
{
    if (::send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) fail(address, std::strerror(errno));
    std::string answer;
    char block[16 * 1024];
    for (;;) {
        const ssize_t count = ::recv(socket, block, sizeof block, 0);
        if (count == 0) return answer;
        if (count < 0)
            fail(address,
                 errno == EAGAIN || errno == EWOULDBLOCK ? "no answer in time" : std::strerror(errno));
        answer.append(block, static_cast<std::size_t>(count));
        if (answer.size() > max_reply_bytes) fail(address, "the answer does not end");
    }
}

} // namespace

admin_reply ask_admin(const std::string& address, std::string_view method, std::string_view target,
                      std::chrono::seconds limit)
{
    const server::owned_fd socket = connect_to(address, limit);
    std::string request = std::string(method) + " " + std::string(target) + " HTTP/1.0\r\n";
    if (method != "GET") request += "X-Fairlead-Control: 1\r\nContent-Length: 0\r\n";
    const std::string answer = exchange(socket.get(), address, request + "\r\n");
    const std::size_t head_end = answer.find("\r\n\r\n");
    const std::size_t space = answer.find(' ');
    admin_reply reply;
    if (!answer.starts_with("HTTP/1.") || head_end == answer.npos || space + 4 > head_end)
        fail(address, answer.empty() ? "no answer" : "this is not an admin listener");
    const char* const digits = answer.data() + space + 1;
    std::from_chars(digits, digits + 3, reply.status);
    reply.body = answer.substr(head_end + 4);
    return reply;
}

std::string escape_query(std::string_view value)
{
    constexpr std::string_view plain = "-._~:/";
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_alphanumeric || plain.find(c) != plain.npos) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

} // namespace fairlead::cli
