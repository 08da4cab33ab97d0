// The nearest known word to one that is not known, for "did you mean".
//
// Pure. Words above 64 bytes get no suggestion, so the cost is bounded.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::conf {

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment); case is ignored.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate at the least distance, if that is at most a third of the word's length (1 is always allowed);
// else one that starts with the word or that the word starts with; else "". The first of equals wins.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates);

// " (did you mean 'x'?)" or "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

} // namespace fairlead::conf
