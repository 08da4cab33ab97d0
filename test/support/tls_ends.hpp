// Two ends of a TLS connection over a socket pair: a tls::connection and the test's OpenSSL.
#pragma once

#include "test/support/tls_contexts.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::test {

using tls::fault;
using tls::io_state;

inline std::span<const std::uint8_t> bytes_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// One of ours and the test's end, over a socket pair, with the handshake still to come.
struct pair_of_ends
{
    enum class part
    {
        server,
        client
    };

    explicit pair_of_ends(int version = TLS1_3_VERSION, part ours_is = part::server)
        : servers(make_server_context(version))
    {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
        our_fd = fds[0];
        const bool is_server = ours_is == part::server;
        ours.emplace(is_server ? accepting(*servers) : connecting(*clients), fds[0], way);
        theirs.emplace(is_server ? connecting(*clients) : accepting(*servers), fds[1]);
    }
    ~pair_of_ends()
    {
        ::close(our_fd);
        if (their_fd_is_open) ::close(theirs->fd());
    }

    // With each way of going on, where there are two.
    void shake()
    {
        shake_hands(*ours, *theirs);
        theirs->take_tickets();
        if (SSL_version(ours->ssl()) != TLS1_3_VERSION) {
            CHECK_FALSE(ours->go_on_alone());
            return;
        }
        SUBCASE("with OpenSSL") {}
        SUBCASE("alone")
        {
            REQUIRE(ours->go_on_alone());
            CHECK(ours->ssl() == nullptr);
        }
    }
    void end_tcp() { ::shutdown(theirs->fd(), SHUT_WR); }
    void close_tcp()
    {
        ::close(theirs->fd());
        their_fd_is_open = false;
    }

    fault fault_of() const
    {
        REQUIRE(ours->failed_by() != nullptr);
        return ours->failed_by()->what;
    }

    // As much as one read gives, and its state.
    std::pair<std::string, io_state> read(std::size_t room = 65536)
    {
        std::vector<std::uint8_t> into(room);
        const tls::io_result got = ours->read(into);
        return {std::string(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(got.count)), got.state};
    }

    tls::ssl_ctx_handle servers;
    tls::ssl_ctx_handle clients = make_client_context();
    tls::wire way;
    int our_fd = -1;
    bool their_fd_is_open = true;
    std::optional<tls::connection> ours;
    std::optional<tls_peer> theirs;
};

inline std::string pattern(std::size_t size)
{
    std::string out(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        out[i] = static_cast<char>(i * 2654435761U >> 13);
    return out;
}

using text_and_state = std::pair<std::string, io_state>;

} // namespace fairlead::test
