#include "proxy/routing/certificate_matcher.hpp"

#include <algorithm>

namespace fairlead::routing {

// Goes back to the last '*' alone, which takes one more character each time.
bool matches_pattern(std::string_view text, std::string_view pattern) noexcept
{
    std::size_t at = 0;
    std::size_t in_pattern = 0;
    std::size_t star = pattern.npos;
    std::size_t star_text = 0;
    while (at < text.size()) {
        if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
            star = in_pattern++;
            star_text = at;
        } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[at]) {
            ++in_pattern;
            ++at;
        } else if (star != pattern.npos) {
            in_pattern = star + 1;
            at = ++star_text;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', in_pattern) == pattern.npos;
}

bool certificate_matcher::accepts(const tls::peer_certificate& shown) const noexcept
{
    const auto matches_any = [](const std::vector<std::string>& patterns, std::string_view text) {
        return std::ranges::any_of(patterns,
                                   [&](const std::string& each) { return matches_pattern(text, each); });
    };
    if (!wanted_.subjects.empty() && !matches_any(wanted_.subjects, shown.subject)) return false;
    const auto is_wanted_name = [&](const std::string& name) { return matches_any(wanted_.sans, name); };
    if (!wanted_.sans.empty() && std::ranges::none_of(shown.sans, is_wanted_name)) return false;
    const auto& prints = wanted_.fingerprints;
    return prints.empty() || std::ranges::find(prints, shown.fingerprint) != prints.end();
}

std::uint32_t certificate_matcher::count() const noexcept
{
    const int lists = !wanted_.subjects.empty() + !wanted_.sans.empty() + !wanted_.fingerprints.empty();
    return static_cast<std::uint32_t>(std::max(lists, 1));
}

} // namespace fairlead::routing
