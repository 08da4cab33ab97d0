#include "tls/server_name_table.hpp"

#include <algorithm>
#include <array>

namespace fairlead::tls {
namespace {

constexpr std::size_t longest_name = 253; // RFC 1035 2.3.4, as text

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Lower case and without a dot at the end, in `space`; empty when it cannot be a name.
std::string_view canonical(std::string_view name, std::array<char, longest_name>& space) noexcept
{
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.size() > space.size()) return {};
    std::ranges::transform(name, space.begin(), lower);
    return {space.data(), name.size()};
}

} // namespace

bool server_name_table::add(std::string_view name, std::uint32_t value)
{
    std::array<char, longest_name> space;
    const std::string_view text = canonical(name, space);
    if (text.empty()) return true;
    if (!text.starts_with("*.")) {
        const bool is_plain = text.find('*') == text.npos;
        return !is_plain || exact_.emplace(text, value).second;
    }
    const std::string_view rest = text.substr(2);
    if (rest.find('.') == rest.npos || rest.find('*') != rest.npos) return true;
    return wildcard_.emplace(rest, value).second;
}

std::optional<std::uint32_t> server_name_table::find(std::string_view name) const noexcept
{
    std::array<char, longest_name> space;
    const std::string_view text = canonical(name, space);
    if (const auto found = exact_.find(text); found != exact_.end()) return found->second;
    const auto dot = text.find('.');
    if (dot == 0 || dot == text.npos) return std::nullopt;
    const auto found = wildcard_.find(text.substr(dot + 1));
    return found == wildcard_.end() ? std::nullopt : std::optional(found->second);
}

} // namespace fairlead::tls
