// The ways one stream may arrive: what a reader makes of it must not depend on them.
//
// A replay of a corpus goes through all of them that are told below. libFuzzer, which makes many inputs
// of each, tries some of them with each, drawn by the input's bytes, so that a finding is found again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fairlead::fuzz {

using pieces = std::vector<std::string_view>;

inline bool tries_every_split = false; // set by a replay

// `next_size()` says how long the next piece may be, at least 1.
template <class NextSize>
pieces cut(std::string_view bytes, NextSize next_size)
{
    pieces out;
    while (!bytes.empty()) {
        out.push_back(bytes.substr(0, next_size()));
        bytes.remove_prefix(out.back().size());
    }
    return out;
}

// Numbers that follow from the bytes.
class lots
{
public:
    explicit lots(std::string_view bytes) noexcept
    {
        for (const char c : bytes)
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U; // FNV-1a
    }

    std::size_t below(std::size_t bound) noexcept
    {
        state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U; // Knuth's MMIX
        return static_cast<std::size_t>(state_ >> 33) % bound;
    }

private:
    std::uint64_t state_ = 14'695'981'039'346'656'037U;
};

// In each of the 2^(n-1) ways to cut n bytes.
template <class Visit>
void for_each_composition(std::string_view bytes, Visit visit)
{
    for (std::uint32_t cuts = 0; cuts < 1U << (bytes.size() - 1); ++cuts) {
        std::uint32_t left = cuts;
        visit(cut(bytes, [&left] {
            std::size_t size = 1;
            for (; (left & 1) != 0; left >>= 1)
                ++size;
            left >>= 1;
            return size;
        }));
    }
}

template <class Visit>
void cut_once(std::string_view bytes, std::size_t at, Visit visit)
{
    visit(pieces{bytes.substr(0, at), bytes.substr(at)});
}

// In all ways there are, of very few bytes; else in pieces of chance lengths, byte by byte, and at every
// single place.
template <class Visit>
void for_each_split(std::string_view bytes, Visit visit)
{
    constexpr std::size_t very_few = 7;
    constexpr std::size_t some = 1024;
    lots drawn(bytes);
    if (bytes.size() < 2) return;
    if (bytes.size() <= very_few && (tries_every_split || drawn.below(16) == 0)) {
        for_each_composition(bytes, visit);
        return;
    }
    visit(cut(bytes, [&drawn] { return 1 + drawn.below(37); }));
    if (bytes.size() <= some && (tries_every_split || drawn.below(16) == 0))
        visit(cut(bytes, [] { return std::size_t{1}; }));
    if (!tries_every_split) {
        cut_once(bytes, 1 + drawn.below(bytes.size() - 1), visit);
        return;
    }
    for (std::size_t at = 1; at < std::min(bytes.size(), some); ++at)
        cut_once(bytes, at, visit);
}

} // namespace fairlead::fuzz
