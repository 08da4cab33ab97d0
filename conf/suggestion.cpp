#include "conf/suggestion.hpp"

#include <algorithm>
#include <array>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_word = 64;
constexpr std::size_t shortest_stem = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

} // namespace

std::size_t edit_distance(std::string_view a, std::string_view b)
{
    if (a.size() > longest_word || b.size() > longest_word) {
        return std::max(a.size(), b.size());
    }
    using row = std::array<std::size_t, longest_word + 1>;
    row before_last{};
    row last{};
    row current{};
    for (std::size_t j = 0; j <= b.size(); ++j) {
        last[j] = j;
    }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            current[j] = std::min({last[j] + 1, current[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
            const bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) {
                current[j] = std::min(current[j], before_last[j - 2] + 1);
            }
        }
        before_last = last;
        last = current;
    }
    return last[b.size()];
}

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates)
{
    if (word.size() > longest_word) {
        return {};
    }
    std::string_view nearest;
    std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const auto candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        if (distance < least && distance < candidate.size()) {
            least = distance;
            nearest = candidate;
        }
    }
    if (!nearest.empty() || word.size() < shortest_stem) {
        return nearest;
    }
    // A longer or shorter form of the word: "warning" for "warn", "err" for "error".
    const auto extended = std::ranges::find_if(candidates, [&](std::string_view candidate) {
        const bool is_stem = candidate.size() >= shortest_stem && word.starts_with(candidate);
        return is_stem || candidate.starts_with(word);
    });
    return extended == candidates.end() ? std::string_view() : *extended;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates)
{
    const auto nearest = nearest_word(word, candidates);
    return nearest.empty() ? "" : " (did you mean '" + std::string(nearest) + "'?)";
}

} // namespace fairlead::conf
