#include "proxy/cli/admin_channel.hpp"

#include "conf/model.hpp"
#include "proxy/credentials/client_credentials.hpp"
#include "proxy/net/address.hpp"
#include "tls/client_context.hpp"
#include "tls/octets.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

namespace fairlead::cli {
namespace {

constexpr std::string_view https = "https://";
constexpr std::string_view http = "http://";

std::string without_scheme(std::string_view address)
{
    for (const std::string_view scheme : {https, http}) {
        if (address.starts_with(scheme)) address.remove_prefix(scheme.size());
    }
    if (address.ends_with('/') && !address.starts_with("unix:")) address.remove_suffix(1);
    return std::string(address);
}

// The first address of the name.
std::optional<net::socket_address> look_up(const conf::endpoint& named)
{
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(named.host.c_str(), std::to_string(named.port).c_str(), &wanted, &found) != 0)
        return std::nullopt;
    net::socket_address out;
    std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
    out.size = found->ai_addrlen;
    ::freeaddrinfo(found);
    return out;
}

std::optional<net::socket_address> resolve(const conf::endpoint& to)
{
    switch (to.what) {
    case conf::endpoint::kind::ip: return net::to_socket_address(to.ip, to.port);
    case conf::endpoint::kind::unix_path: return net::to_socket_address(to.path);
    case conf::endpoint::kind::name: break;
    }
    return look_up(to);
}

// As a pool would be configured for it.
conf::pool_options trust_of(const admin_access& at)
{
    conf::pool_options pool;
    pool.name = "--admin";
    pool.tls.emplace();
    pool.tls->ca = at.ca;
    pool.tls->certificate = at.certificate;
    pool.tls->key = at.key;
    return pool;
}

} // namespace

admin_channel::admin_channel(const admin_access& at, std::chrono::seconds limit)
    : address_(address_of(at))
    , host_(without_scheme(address_))
    , limit_(limit)
{
    connect();
    if (address_.starts_with(https)) secure(at);
}

void admin_channel::fail(std::string_view why) const
{
    throw std::runtime_error(address_ + ": " + std::string(why));
}

void admin_channel::connect()
{
    const auto endpoint = conf::parse_endpoint(host_);
    if (!endpoint)
        fail("not an address such as unix:/run/fairlead/admin.sock, 127.0.0.1:9900 or https://HOST:PORT");
    is_unix_ = endpoint->what == conf::endpoint::kind::unix_path;
    const auto remote = resolve(*endpoint);
    if (!remote) fail(is_unix_ ? "the path is too long" : "the name is not known");
    socket_ = server::owned_fd(::socket(remote->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(socket_.get(), remote->data(), remote->size) == 0) return;
    if (errno != EINPROGRESS) fail(std::strerror(errno));
    wait_for(POLLOUT);
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure != 0) fail(std::strerror(failure));
}

void admin_channel::secure(const admin_access& at)
{
    credentials::process_secrets secrets;
    const credentials::client_credentials trust(trust_of(at), {}, secrets, std::chrono::system_clock::now());
    if (!trust.problems().empty()) throw std::runtime_error(trust.problems().front());
    const auto endpoint = conf::parse_endpoint(host_);
    const std::string name =
        endpoint->what == conf::endpoint::kind::name ? endpoint->host : conf::to_string(endpoint->ip);
    way_ = std::make_unique<tls::wire>();
    tls_ = std::make_unique<tls::connection>(trust.context()->make_ssl(name, host_), socket_.get(), *way_);
    for (;;) {
        const tls::io_state state = tls_->handshake().state;
        if (state == tls::io_state::done) return;
        wait_as(state, false);
    }
}

void admin_channel::wait_for(short events)
{
    pollfd look{socket_.get(), events, 0};
    const int found = ::poll(&look, 1, static_cast<int>(limit_.count()));
    if (found == 0) fail("no answer in time");
    if (found < 0 && errno != EINTR) fail(std::strerror(errno));
}

void admin_channel::wait_as(tls::io_state wants, bool is_write)
{
    if (wants == tls::io_state::want_read)
        wait_for(POLLIN);
    else if (wants == tls::io_state::want_write)
        wait_for(POLLOUT);
    else if (const int number = is_write ? tls_->send_error() : tls_->receive_error(); number != 0)
        fail(std::strerror(number));
    else
        fail_tls();
}

void admin_channel::fail_tls() const
{
    const tls::failure* const why = tls_->failed_by();
    if (why == nullptr) fail("the connection was closed");
    fail("TLS: " + std::string(tls::word_of(why->what)) + (why->text.empty() ? "" : ": " + why->text));
}

void admin_channel::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        if (tls_) {
            const std::string_view pieces[] = {bytes};
            const tls::io_result sent = tls_->write_pieces(pieces);
            bytes.remove_prefix(sent.count);
            if (sent.state != tls::io_state::done) wait_as(sent.state, true);
            continue;
        }
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(count));
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            wait_for(POLLOUT);
        else
            fail(std::strerror(errno));
    }
}

std::size_t admin_channel::receive(std::span<char> into)
{
    for (;;) {
        if (tls_) {
            const tls::io_result got = tls_->read(tls::as_octets(into));
            if (got.count > 0 || got.state == tls::io_state::closed) return got.count;
            wait_as(got.state, false);
            continue;
        }
        const ssize_t count = ::recv(socket_.get(), into.data(), into.size(), 0);
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno != EAGAIN && errno != EWOULDBLOCK) fail(std::strerror(errno));
        wait_for(POLLIN);
    }
}

} // namespace fairlead::cli
