#include "proxy/http/path_mapping.hpp"

#include "proxy/http/field_syntax.hpp"
#include "proxy/http/request_target.hpp"

#include <algorithm>

namespace fairlead::http {
namespace {

// "https://host:1/path?query" in its parts; a path that is not there is empty.
struct split_reference
{
    std::string_view scheme;
    std::string_view authority;
    std::string_view path;
    std::string_view rest; // query and fragment
};

// Nothing for a reference that has neither an authority of HTTP nor a path from the root.
std::optional<split_reference> split(std::string_view reference)
{
    split_reference parts;
    std::string_view text = reference;
    for (const std::string_view scheme : {"http", "https"}) {
        if (starts_with_ignoring_case(text, scheme) && text.substr(scheme.size()).starts_with("://")) {
            parts.scheme = scheme;
            text.remove_prefix(scheme.size() + 1);
            break;
        }
    }
    if (text.starts_with("//")) {
        text.remove_prefix(2);
        const auto end = std::min(text.find_first_of("/?#\\"), text.size());
        parts.authority = text.substr(0, end);
        text.remove_prefix(end);
        if (parts.authority.empty()) return std::nullopt;
    } else if (!text.starts_with('/')) {
        return std::nullopt;
    }
    const auto end = std::min(text.find_first_of("?#"), text.size());
    parts.path = text.substr(0, end);
    parts.rest = text.substr(end);
    return parts;
}

std::string_view without_default_port(std::string_view authority, std::string_view scheme)
{
    const std::string_view port = scheme == "https" ? ":443" : ":80";
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
    return authority;
}

bool is_same(std::string_view a, std::string_view b, std::string_view scheme)
{
    return !a.empty() && !b.empty() &&
           equal_ignoring_case(without_default_port(a, scheme), without_default_port(b, scheme));
}

bool is_of_backend(const path_mapping& how, const split_reference& parts)
{
    if (!parts.scheme.empty() && parts.scheme != how.backend_scheme) return false;
    return std::ranges::any_of(how.backend_authority, [&](std::string_view each) {
        return is_same(each, parts.authority, how.backend_scheme);
    });
}

std::string_view cookie_name(std::string_view set_cookie)
{
    return without_outer_space(set_cookie.substr(0, set_cookie.find_first_of("=;")));
}

// A cookie's Path is of all that lies below it.
std::optional<std::string> map_cookie_path(const path_mapping& how, std::string_view path)
{
    const std::string_view root = how.stripped.empty() ? std::string_view("/") : how.stripped;
    const std::string_view above = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
    if (is_below(path, how.added)) {
        const std::string_view below = path.substr(how.added.size());
        if (below.empty() || below == "/") return std::string(root);
        return std::string(how.stripped).append(below);
    }
    if (is_below(how.added, above)) return std::string(root);
    return std::nullopt;
}

} // namespace

bool is_below(std::string_view path, std::string_view prefix)
{
    if (!path.starts_with(prefix)) return false;
    const std::string_view rest = path.substr(prefix.size());
    return rest.empty() || rest.front() == '/' || prefix.ends_with('/');
}

std::optional<std::string> map_path(const path_mapping& how, std::string_view path)
{
    if (!is_below(path, how.added) || !is_unambiguous_path(path)) return std::nullopt;
    const std::string_view below = path.substr(how.added.size());
    std::string mapped;
    // Else what were two slashes of a path would begin an authority (RFC 3986 5.3, 3.3).
    if (how.stripped.empty() && below.starts_with("//")) mapped = "/.";
    mapped.append(how.stripped).append(below);
    if (mapped.empty()) mapped = "/";
    return mapped;
}

std::optional<std::string> map_reference(const path_mapping& how, std::string_view reference)
{
    const auto parts = split(reference);
    if (!parts) return std::nullopt;
    const std::string_view scheme = parts->scheme.empty() ? how.backend_scheme : parts->scheme;
    const bool is_clients = is_same(parts->authority, how.client_authority, scheme);
    if (!parts->authority.empty() && !is_clients && !is_of_backend(how, *parts)) return std::nullopt;
    if (is_clients && how.stripped.empty() && how.added.empty()) return std::nullopt;
    auto mapped = map_path(how, parts->path.empty() ? std::string_view("/") : parts->path);
    if (!mapped) return std::nullopt;
    if (is_clients) {
        const auto path_at = static_cast<std::size_t>(parts->path.data() - reference.data());
        if (mapped->starts_with("/./")) mapped->erase(0, 2); // the authority is there
        mapped->insert(0, reference.substr(0, path_at));
    }
    mapped->append(parts->rest);
    return *mapped == reference ? std::nullopt : mapped;
}

std::optional<std::string> map_refresh(const path_mapping& how, std::string_view value)
{
    auto at = value.find_first_of(";,");
    if (at == std::string_view::npos) return std::nullopt;
    const auto skip_space = [&] { at = std::min(value.find_first_not_of(" \t", at), value.size()); };
    ++at;
    skip_space();
    if (!starts_with_ignoring_case(value.substr(at), "url")) return std::nullopt;
    at += 3;
    skip_space();
    if (!value.substr(at).starts_with('=')) return std::nullopt;
    ++at;
    skip_space();
    const bool is_quoted = at < value.size() && (value[at] == '"' || value[at] == '\'');
    const auto begin = is_quoted ? at + 1 : at;
    const auto end = is_quoted ? std::min(value.find(value[at], begin), value.size()) : value.size();
    const auto mapped = map_reference(how, value.substr(begin, end - begin));
    if (!mapped) return std::nullopt;
    return std::string(value.substr(0, begin)).append(*mapped).append(value.substr(end));
}

std::optional<std::string> map_cookie(const path_mapping& how, std::string_view set_cookie)
{
    // A browser takes one of that name only with Path=/.
    if (starts_with_ignoring_case(cookie_name(set_cookie), "__Host-")) return std::nullopt;
    std::string out;
    for (std::size_t begin = 0; begin <= set_cookie.size();) {
        const auto end = std::min(set_cookie.find(';', begin), set_cookie.size());
        const std::string_view attribute = set_cookie.substr(begin, end - begin);
        const auto equals = std::min(attribute.find('='), attribute.size());
        const bool is_path =
            begin > 0 && equal_ignoring_case(without_outer_space(attribute.substr(0, equals)), "Path");
        std::optional<std::string> mapped;
        if (is_path && equals < attribute.size()) {
            const std::string_view path = without_outer_space(attribute.substr(equals + 1));
            if (path.starts_with('/')) mapped = map_cookie_path(how, path);
        }
        if (begin > 0) out.push_back(';');
        if (mapped)
            out.append(attribute.substr(0, equals + 1)).append(*mapped);
        else
            out.append(attribute);
        begin = end + 1;
    }
    return out == set_cookie ? std::nullopt : std::optional(std::move(out));
}

} // namespace fairlead::http
