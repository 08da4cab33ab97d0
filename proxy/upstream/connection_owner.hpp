// Whose a connection to a backend is: anybody's, or the one client's that the backend was told or shown.
//
// A backend that heard an address with the PROXY protocol, or sees a client's own address, takes everything
// on that connection for that client's; so it serves no other. Compared and hashed as a value. Thread: any.
#pragma once

#include "proxy/net/address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace fairlead::upstream {

class connection_owner
{
public:
    connection_owner() noexcept = default; // anybody

    // Of one client's connection, and of all of one address. A client on a Unix socket, which has no address,
    // is like every other such client.
    static connection_owner client(const std::optional<net::ip_port>& address) noexcept
    {
        return connection_owner(address.value_or(net::ip_port{}));
    }
    static connection_owner client_ip(const std::optional<net::ip_port>& address) noexcept
    {
        return connection_owner(net::ip_port{address.value_or(net::ip_port{}).ip, 0});
    }

    bool is_anybody() const noexcept { return is_anybody_; }
    bool operator==(const connection_owner&) const = default;

    struct hash
    {
        std::size_t operator()(const connection_owner& owner) const noexcept
        {
            std::array<std::uint64_t, 2> words;
            std::memcpy(words.data(), owner.address_.ip.bytes.data(), sizeof words);
            std::uint64_t mixed = words[0] ^ words[1] * 0x9e37'79b9'7f4a'7c15U ^ owner.address_.port;
            mixed *= 0xbf58'476d'1ce4'e5b9U; // the finaliser of SplitMix64
            return static_cast<std::size_t>(mixed ^ mixed >> 31);
        }
    };

private:
    explicit connection_owner(const net::ip_port& address) noexcept
        : address_(address)
        , is_anybody_(false)
    {}

    net::ip_port address_;
    bool is_anybody_ = true;
};

static_assert(sizeof(connection_owner) <= 24, "every connection to a backend has one");

} // namespace fairlead::upstream
