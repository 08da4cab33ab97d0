// Which backend a client is led back to: the one that its cookie names, or the one to which a value belongs.
//
// A cookie's value is a keyed digest of the pool's and the backend's names: it cannot be made or read
// without the secret, and two processes with the same secret know each other's. A value is hashed and
// belongs to a backend by Maglev: two processes with the same backends and weights agree. Where backends are
// of different priorities it belongs to one of each, and to that of the lowest first. What a request
// carries is found by http/sticky_request; whether the backend may be chosen is the balancer's to judge.
//
// Shape: for cookies a small table; for values 65,537 slots of two bytes, ten times as many from 656 backends
// on, so that each has a hundred; so many for each priority. Immutable after it was made. Thread: any.
#pragma once

#include "conf/model.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::upstream {

// What a request asks for.
struct sticky_wish
{
    std::optional<std::uint32_t> position; // that its cookie names
    std::uint32_t key = 0;                 // the hash of its value; 0: it has none
};

// Never 0.
std::uint32_t hash_of_value(std::string_view value) noexcept;
std::uint32_t hash_of_value(std::span<const std::uint8_t> value) noexcept;

class stickiness
{
public:
    struct member // a backend
    {
        std::string name; // its address
        std::uint32_t weight = 1;
        std::uint32_t priority = 0;
    };

    // Positions are those of `members`. Throws std::runtime_error when OpenSSL cannot compute digests.
    stickiness(const conf::sticky_options& options, std::string_view pool, std::span<const member> members);

    const conf::sticky_options& options() const noexcept { return options_; }
    bool is_by_cookie() const noexcept { return options_.by == conf::sticky_key::cookie; }

    // By cookie: the backend whose value this is, and the field that sets the cookie for it, with its CRLF.
    std::optional<std::uint32_t> find(std::string_view cookie_value) const;
    std::string set_cookie_line(std::uint32_t position, bool over_tls) const;

    // By value: to whom it belongs, and to whom next when `attempt` backends did not do; every client of a
    // backend that is gone goes its own way. There is at least one member.
    std::uint32_t owner(std::uint32_t key, std::uint32_t attempt = 0) const noexcept
    {
        return owner_in(slots_.front(), key, attempt);
    }

    // The first of those that may be had, of the lowest priority; nothing when none of a few may.
    template <class Predicate>
    std::optional<std::uint32_t> first_owner(std::uint32_t key, Predicate may_be_had) const
    {
        constexpr std::uint32_t attempts = 16;
        for (const auto& tier : slots_) {
            for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
                const std::uint32_t position = owner_in(tier, key, attempt);
                if (may_be_had(position)) return position;
            }
        }
        return std::nullopt;
    }

private:
    using slots = std::vector<std::uint16_t>; // positions

    static std::uint32_t owner_in(const slots& tier, std::uint32_t key, std::uint32_t attempt) noexcept;

    const conf::sticky_options options_;
    std::vector<std::string> values_;                             // by cookie: of each position
    std::map<std::string, std::uint32_t, std::less<>> positions_; // the same, the other way
    std::vector<slots> slots_; // by value: of each priority, the lowest first
};

} // namespace fairlead::upstream
