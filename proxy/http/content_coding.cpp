#include "proxy/http/content_coding.hpp"

#include "proxy/http/field_syntax.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::http {
namespace {

// In thousandths; nothing: it is not one.
std::optional<unsigned> weight_of(std::string_view text)
{
    if (text.empty() || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    unsigned weight = text[0] == '1' ? 1000 : 0;
    if (text.size() == 1) return weight;
    if (text[1] != '.' || text.size() > 5) return std::nullopt;
    unsigned place = 100;
    for (const char digit : text.substr(2)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        weight += static_cast<unsigned>(digit - '0') * place;
        place /= 10;
    }
    return weight <= 1000 ? std::optional(weight) : std::nullopt;
}

struct weighted_coding
{
    std::string_view name;
    unsigned weight = 1000;
};

// "gzip", "gzip;q=0.5"
std::optional<weighted_coding> read_coding(std::string_view element)
{
    const auto semicolon = element.find(';');
    weighted_coding out{without_outer_space(element.substr(0, semicolon))};
    if (out.name != "*" && !is_token(out.name)) return std::nullopt;
    if (semicolon == element.npos) return out;
    const std::string_view parameter = without_outer_space(element.substr(semicolon + 1));
    if (!starts_with_ignoring_case(parameter, "q=")) return std::nullopt;
    const auto weight = weight_of(parameter.substr(2));
    if (!weight) return std::nullopt;
    out.weight = *weight;
    return out;
}

} // namespace

bool wants_gzip(const head& request)
{
    std::optional<unsigned> gzip;
    std::optional<unsigned> any;
    std::optional<unsigned> identity;
    std::size_t from = 0;
    while (const auto value = request.find_next("Accept-Encoding", from)) {
        list_elements elements(*value);
        while (const auto element = elements.next()) {
            const auto coding = read_coding(*element);
            if (!coding) continue;
            if (equal_ignoring_case(coding->name, "gzip") || equal_ignoring_case(coding->name, "x-gzip"))
                gzip = coding->weight;
            else if (equal_ignoring_case(coding->name, "identity"))
                identity = coding->weight;
            else if (coding->name == "*")
                any = coding->weight;
        }
    }
    const unsigned weight = gzip.value_or(any.value_or(0));
    return weight > 0 && weight >= identity.value_or(0);
}

} // namespace fairlead::http
