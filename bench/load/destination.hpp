// Where a run dials, from where, whether it speaks TLS there, and which host it asks for.
//
// Thread: any; the TLS client is not owned and outlives the connections. Errors: as of connect_to() and
// tls_client.
#pragma once

#include "bench/load/peer_socket.hpp"
#include "bench/load/tcp.hpp"
#include "bench/load/tls_client.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace fairlead::bench {

inline constexpr std::string_view default_host{"bench.example"};

struct destination
{
    sockaddr_in address;
    const tls_client* tls = nullptr;     // null: plainly
    std::optional<sockaddr_in> source{}; // otherwise what the kernel chooses
    std::string host{default_host};      // of its requests; TLS names the default one always
};

// The connection may still be in progress, and so may the handshake: it goes on with what is sent and
// received.
[[nodiscard]] inline peer_socket dial(const destination& to)
{
    descriptor socket = connect_to(to.address, to.source);
    const int fd = socket.get();
    return peer_socket{std::move(socket), to.tls == nullptr ? tls_end{} : to.tls->connect(fd)};
}

} // namespace fairlead::bench
