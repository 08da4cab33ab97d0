#include "proxy/http/answer_edits.hpp"

#include "proxy/http/cors.hpp"
#include "proxy/http/field_syntax.hpp"

#include <optional>

namespace fairlead::http {
namespace {

std::optional<std::string> mapped_location(const path_mapping& how, const field& of)
{
    if (equal_ignoring_case(of.name, "Location") || equal_ignoring_case(of.name, "Content-Location"))
        return map_reference(how, of.value);
    if (equal_ignoring_case(of.name, "Refresh")) return map_refresh(how, of.value);
    return std::nullopt;
}

} // namespace

bool answer_edits::append(std::string& out, const field& of) const
{
    if (of.id != field_id::other) return false;
    if (replaces_cors && is_cors_field(of.name)) return true;
    std::optional<std::string> mapped;
    if (maps_locations) mapped = mapped_location(mapping, of);
    if (maps_cookies && equal_ignoring_case(of.name, "Set-Cookie")) mapped = map_cookie(mapping, of.value);
    if (!mapped) return false;
    out.append(of.name).append(": ").append(*mapped).append("\r\n");
    return true;
}

} // namespace fairlead::http
