#include "proxy/routing/client_load.hpp"

#include <xxhash.h>

#include <mutex>
#include <random>
#include <unordered_map>

namespace fairlead::routing {
namespace {

constexpr unsigned subscriber_prefix = 64; // of IPv6

// Who has many addresses must not know which of them meet in one bucket.
std::uint64_t seed()
{
    static const std::uint64_t drawn = [] {
        std::random_device device;
        return (std::uint64_t{device()} << 32) | device();
    }();
    return drawn;
}

struct address_hash
{
    std::size_t operator()(const conf::ip_address& address) const noexcept
    {
        return XXH3_64bits_withSeed(address.bytes.data(), address.bytes.size(), seed());
    }
};

conf::ip_address client_of(const conf::ip_address& address)
{
    return address.is_v6 ? conf::network_of(address, subscriber_prefix) : address;
}

} // namespace

struct client_use::entry
{
    client_load::shard* in = nullptr;
    conf::ip_address client;
    std::uint32_t live = 0;
};

struct client_load::shard
{
    std::mutex mutex;
    std::unordered_map<conf::ip_address, client_use::entry, address_hash> clients; // entries stay in place
};

void client_use::reset() noexcept
{
    entry* const counted = std::exchange(counted_, nullptr);
    if (counted == nullptr) return;
    client_load::shard& in = *counted->in;
    const std::lock_guard lock(in.mutex);
    if (--counted->live == 0) in.clients.erase(conf::ip_address(counted->client));
}

client_load::client_load()
    : shards_(std::make_unique<shard[]>(shard_count))
{}

client_load::~client_load() = default;

client_use client_load::admit(const conf::ip_address& client, std::uint32_t most)
{
    const conf::ip_address who = client_of(client);
    // Other bits than those that the shard's table goes by.
    shard& in = shards_[address_hash()(who) >> 58];
    static_assert(shard_count == 64);
    const std::lock_guard lock(in.mutex);
    client_use::entry& known = in.clients[who];
    if (known.live >= most) return {};
    known.in = &in;
    known.client = who;
    ++known.live;
    return client_use(known);
}

std::size_t client_load::clients() const
{
    std::size_t total = 0;
    for (std::size_t i = 0; i < shard_count; ++i) {
        const std::lock_guard lock(shards_[i].mutex);
        total += shards_[i].clients.size();
    }
    return total;
}

} // namespace fairlead::routing
