#include "proxy/upstream/stickiness.hpp"

#include "proxy/upstream/maglev_table.hpp"
#include "tls/keyed_digest.hpp"

#include <xxhash.h>

#include <array>
#include <set>

namespace fairlead::upstream {
namespace {

// Primes; the count of slots is a function of nothing that changes often, or everybody would move.
constexpr std::uint32_t few_slots = 65'537;
constexpr std::uint32_t many_slots = 655'373;
constexpr std::size_t slots_for_each = 100;

// 18 bytes of the digest as 24 letters (RFC 4648 5).
std::string cookie_value(std::string_view secret, std::string_view pool, std::string_view backend)
{
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    constexpr std::size_t bytes = 18;
    std::string text("fairlead sticky 1\n");
    text.append(pool).append("\n").append(backend);
    const auto digest = tls::hmac_sha256(secret, text);
    std::string out;
    for (std::size_t at = 0; at < bytes; at += 3) {
        const std::uint32_t three = std::uint32_t{digest[at]} << 16 | digest[at + 1] << 8 | digest[at + 2];
        for (const int shift : {18, 12, 6, 0})
            out += letters[three >> shift & 63];
    }
    return out;
}

std::uint32_t hash_of(const void* data, std::size_t size) noexcept
{
    const auto hash = static_cast<std::uint32_t>(XXH64(data, size, 0) >> 32);
    return hash == 0 ? 1 : hash;
}

// Of the members of one priority.
std::vector<std::uint16_t> slots_of(std::span<const stickiness::member> members, std::uint32_t priority)
{
    std::vector<maglev_backend> named;
    std::vector<std::uint16_t> positions;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (members[i].priority != priority) continue;
        named.push_back({members[i].name, members[i].weight});
        positions.push_back(static_cast<std::uint16_t>(i));
    }
    const std::uint32_t count = named.size() * slots_for_each <= few_slots ? few_slots : many_slots;
    std::vector<std::uint16_t> slots;
    slots.reserve(count);
    for (const std::size_t each : maglev_slots(named, count))
        slots.push_back(positions[each]);
    return slots;
}

} // namespace

std::uint32_t hash_of_value(std::string_view value) noexcept { return hash_of(value.data(), value.size()); }

std::uint32_t hash_of_value(std::span<const std::uint8_t> value) noexcept
{
    return hash_of(value.data(), value.size());
}

stickiness::stickiness(const conf::sticky_options& options, std::string_view pool,
                       std::span<const member> members)
    : options_(options)
{
    if (!is_by_cookie()) {
        std::set<std::uint32_t> priorities;
        for (const member& each : members)
            priorities.insert(each.priority);
        for (const std::uint32_t each : priorities)
            slots_.push_back(slots_of(members, each));
        return;
    }
    for (const member& each : members) {
        values_.push_back(cookie_value(options_.secret, pool, each.name));
        positions_.emplace(values_.back(), static_cast<std::uint32_t>(values_.size() - 1));
    }
}

std::optional<std::uint32_t> stickiness::find(std::string_view cookie_value) const
{
    const auto found = positions_.find(cookie_value);
    if (found == positions_.end()) return std::nullopt;
    return found->second;
}

std::string stickiness::set_cookie_line(std::uint32_t position, bool over_tls) const
{
    constexpr std::array<std::string_view, 3> same_site_words{"Lax", "Strict", "None"};
    std::string line("Set-Cookie: ");
    line.append(options_.name).append("=").append(values_[position]).append("; Path=").append(options_.path);
    if (!options_.domain.empty()) line.append("; Domain=").append(options_.domain);
    if (options_.ttl.count() != 0)
        line.append("; Max-Age=")
            .append(std::to_string(std::chrono::duration_cast<std::chrono::seconds>(options_.ttl).count()));
    line.append("; HttpOnly; SameSite=")
        .append(same_site_words[static_cast<std::size_t>(options_.same_site)]);
    if (options_.secure || over_tls) line.append("; Secure");
    return line.append("\r\n");
}

std::uint32_t stickiness::owner_in(const slots& tier, std::uint32_t key, std::uint32_t attempt) noexcept
{
    std::uint64_t mixed = key + std::uint64_t{attempt} * 0x9e37'79b9'7f4a'7c15U;
    mixed = (mixed ^ mixed >> 30) * 0xbf58'476d'1ce4'e5b9U; // the finaliser of SplitMix64
    mixed = (mixed ^ mixed >> 27) * 0x94d0'49bb'1331'11ebU;
    mixed ^= mixed >> 31;
    return tier[mixed % tier.size()];
}

} // namespace fairlead::upstream
