#include "proxy/http/password_memory.hpp"

#include "tls/digest.hpp"

#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <unordered_map>

#include <string.h>

namespace fairlead::http {
namespace {

// Nobody outside can choose it: the digest is keyed.
std::uint64_t number_of(const tls::keyed_digest& what) noexcept
{
    std::uint64_t number = 0;
    std::memcpy(&number, what.data(), sizeof number);
    return number;
}

std::string_view text_of(const tls::keyed_digest& what) noexcept
{
    return {static_cast<const char*>(static_cast<const void*>(what.data())), what.size()};
}

// Lengths in front: no two triples have one text.
void append_part(std::string& out, std::string_view part)
{
    out.append(std::to_string(part.size())).append(":").append(part);
}

} // namespace

struct password_memory::shard
{
    struct entry
    {
        tls::keyed_digest digest;
        time_point until;
    };

    mutable std::mutex mutex;
    std::unordered_map<std::uint64_t, entry> entries;
};

password_memory::password_memory()
    : shards_(std::make_unique<shard[]>(shard_count))
{
    tls::random_bytes(std::as_writable_bytes(std::span(key_)));
}

password_memory::~password_memory() { ::explicit_bzero(key_.data(), key_.size()); }

tls::keyed_digest password_memory::digest_of(std::string_view user, const credentials::secret_text& password,
                                             std::string_view hash) const
{
    std::string text;
    text.reserve(user.size() + password.view().size() + hash.size() + 32); // so that no copy is left behind
    append_part(text, user);
    append_part(text, password.view());
    append_part(text, hash);
    const tls::keyed_digest digest = tls::hmac_sha256({key_.data(), key_.size()}, text);
    ::explicit_bzero(text.data(), text.size());
    return digest;
}

password_memory::shard& password_memory::shard_of(const tls::keyed_digest& what) const noexcept
{
    return shards_[what.back() % shard_count];
}

bool password_memory::knows(const tls::keyed_digest& what, time_point now) const
{
    const shard& in = shard_of(what);
    const std::lock_guard lock(in.mutex);
    const auto found = in.entries.find(number_of(what));
    return found != in.entries.end() && now < found->second.until &&
           tls::equal_in_constant_time(text_of(found->second.digest), text_of(what));
}

void password_memory::remember(const tls::keyed_digest& what, time_point now)
{
    shard& in = shard_of(what);
    const std::lock_guard lock(in.mutex);
    if (in.entries.size() >= most_of_each)
        std::erase_if(in.entries, [&](const auto& each) { return each.second.until <= now; });
    if (in.entries.size() >= most_of_each) in.entries.erase(in.entries.begin());
    in.entries.insert_or_assign(number_of(what), shard::entry{what, now + remembered_for});
}

std::size_t password_memory::size() const
{
    std::size_t total = 0;
    for (std::size_t i = 0; i < shard_count; ++i) {
        const std::lock_guard lock(shards_[i].mutex);
        total += shards_[i].entries.size();
    }
    return total;
}

} // namespace fairlead::http
