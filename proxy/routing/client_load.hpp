// How many tunnels and exchanges each client has on a route that bounds that, over all workers.
//
// A client is an IPv4 address, or the /64 of an IPv6 one, which is what one subscriber has. Clients behind
// one address translator count as one. It does not say who the client is: the session does, after PROXY
// protocol and trusted proxies.
// Shape: 64 shards of a hash table, an entry for each client that has something open. Lifetime: as the
// route_load that owns it. Thread: any; a shard's mutex is held for a look-up, and only routes with a limit
// come here.
#pragma once

#include "conf/values.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace fairlead::routing {

class client_load;

// One tunnel or exchange of a client; the destructor uncounts it.
class client_use
{
public:
    client_use() noexcept = default; // none
    client_use(client_use&& other) noexcept
        : counted_(std::exchange(other.counted_, nullptr))
    {}
    client_use& operator=(client_use&& other) noexcept
    {
        if (this != &other) {
            reset();
            counted_ = std::exchange(other.counted_, nullptr);
        }
        return *this;
    }
    ~client_use() { reset(); }

    explicit operator bool() const noexcept { return counted_ != nullptr; }
    void reset() noexcept;

private:
    friend class client_load;
    struct entry;

    explicit client_use(entry& counted) noexcept
        : counted_(&counted)
    {}

    entry* counted_ = nullptr;
};

static_assert(sizeof(client_use) <= 8, "every tunnel keeps one");

class client_load
{
public:
    client_load();
    client_load(const client_load&) = delete;
    client_load& operator=(const client_load&) = delete;
    ~client_load();

    // Counts one more of this client's, unless it has `most` already (at least 1): then none.
    client_use admit(const conf::ip_address& client, std::uint32_t most);

    std::size_t clients() const; // that have something open

private:
    friend class client_use;

    struct shard;
    static constexpr std::size_t shard_count = 64;

    const std::unique_ptr<shard[]> shards_;
};

} // namespace fairlead::routing
