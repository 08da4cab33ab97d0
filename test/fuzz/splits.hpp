// The ways one stream may arrive: what a reader makes of it must not depend on them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fairlead::fuzz {

using pieces = std::vector<std::string_view>;

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

// Byte by byte, in pieces whose lengths follow from the bytes, and, where there are few of them, at every
// single place.
template <class Visit>
void for_each_split(std::string_view bytes, Visit visit)
{
    constexpr std::size_t few = 64;
    constexpr std::size_t some = 1024;
    std::uint64_t state = 14'695'981'039'346'656'037U; // FNV-1a
    for (const char c : bytes)
        state = (state ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
    visit(cut(bytes, [&state] {
        state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U; // Knuth's MMIX
        return static_cast<std::size_t>(1 + (state >> 33) % 37);
    }));
    if (bytes.size() <= some) visit(cut(bytes, [] { return std::size_t{1}; }));
    for (std::size_t at = 1; bytes.size() <= few && at < bytes.size(); ++at)
        visit(pieces{bytes.substr(0, at), bytes.substr(at)});
}

} // namespace fairlead::fuzz
