#include "tls/ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace fairlead::tls {
namespace {

constexpr std::size_t record_size = sizeof(ticket_key);
static_assert(record_size == 80);

void wipe(std::vector<ticket_key>& keys) noexcept
{
    if (!keys.empty()) OPENSSL_cleanse(keys.data(), keys.size() * sizeof(ticket_key));
    keys.clear();
}

// The generator for secrets, and not random_bytes(), whose reserve lies in memory.
ticket_key make_key()
{
    ticket_key key;
    if (RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 ||
        RAND_priv_bytes(key.hmac.data(), static_cast<int>(key.hmac.size())) != 1 ||
        RAND_priv_bytes(key.aes.data(), static_cast<int>(key.aes.size())) != 1)
        throw std::runtime_error("OpenSSL's random generator has no entropy");
    return key;
}

} // namespace

ticket_keys::ticket_keys(std::chrono::seconds lifetime, clock::time_point now) { take_own(lifetime, now); }

ticket_keys::~ticket_keys() { wipe(keys_); }

std::optional<std::string> ticket_keys::take_file(std::string_view content)
{
    if (content.empty() || content.size() % record_size != 0)
        return "holds " + std::to_string(content.size()) +
               " bytes; keys are 80 bytes each, the newest first (openssl rand 80)";
    if (content.size() / record_size > max_keys)
        return "holds more than " + std::to_string(max_keys) + " keys";
    std::vector<ticket_key> keys(content.size() / record_size);
    std::memcpy(keys.data(), content.data(), content.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto twin = std::find_if(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i),
                                       [&](const ticket_key& each) { return each.name == keys[i].name; });
        if (twin == keys.begin() + static_cast<std::ptrdiff_t>(i)) continue;
        wipe(keys);
        return "holds two keys of one name, the first 16 bytes";
    }
    const std::scoped_lock lock(mutex_);
    keys_.swap(keys);
    lifetime_ = std::chrono::seconds{0};
    wipe(keys);
    return std::nullopt;
}

void ticket_keys::take_own(std::chrono::seconds lifetime, clock::time_point now)
{
    const std::scoped_lock lock(mutex_);
    const bool is_own = lifetime_.count() != 0;
    lifetime_ = std::max(lifetime, std::chrono::seconds{1});
    if (is_own) return;
    wipe(keys_);
    keys_.reserve(2); // so that no copy of a key is left behind by growth
    keys_.push_back(make_key());
    made_ = now;
}

void ticket_keys::rotate(clock::time_point now)
{
    const std::scoped_lock lock(mutex_);
    if (lifetime_.count() == 0 || now - made_ < lifetime_) return;
    // Slept through two of them: a ticket of the last one is too old as well.
    const bool is_last_good = now - made_ < 2 * lifetime_;
    const ticket_key fresh = make_key();
    ticket_key last = keys_.front();
    wipe(keys_);
    keys_.push_back(fresh);
    if (is_last_good) keys_.push_back(last);
    OPENSSL_cleanse(&last, sizeof last);
    made_ = now;
}

ticket_key ticket_keys::newest() const
{
    const std::scoped_lock lock(mutex_);
    return keys_.front();
}

std::optional<ticket_keys::opened> ticket_keys::find(const std::array<std::uint8_t, 16>& name) const
{
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(keys_, name, &ticket_key::name);
    if (found == keys_.end()) return std::nullopt;
    return opened{*found, found == keys_.begin()};
}

} // namespace fairlead::tls
