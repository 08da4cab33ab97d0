#include "proxy/http/content_coding.hpp"

#include "proxy/http/field_syntax.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace fairlead::http {
namespace {

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
    const auto weight = quality_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    out.weight = *weight;
    return out;
}

class coding_wishes
{
public:
    void read(std::string_view list)
    {
        list_elements elements(list);
        while (const auto element = elements.next()) {
            const auto coding = read_coding(*element);
            if (!coding) continue;
            if (equal_ignoring_case(coding->name, "gzip") || equal_ignoring_case(coding->name, "x-gzip"))
                gzip_ = coding->weight;
            else if (equal_ignoring_case(coding->name, "identity"))
                identity_ = coding->weight;
            else if (coding->name == "*")
                any_ = coding->weight;
        }
    }

    bool are_for_gzip() const
    {
        const unsigned weight = gzip_.value_or(any_.value_or(0));
        return weight > 0 && weight >= identity_.value_or(0);
    }

private:
    std::optional<unsigned> gzip_;
    std::optional<unsigned> any_;
    std::optional<unsigned> identity_;
};

} // namespace

bool wants_gzip(const head& request)
{
    coding_wishes wishes;
    std::size_t from = 0;
    while (const auto value = request.find_next("Accept-Encoding", from))
        wishes.read(*value);
    return wishes.are_for_gzip();
}

bool wants_gzip(std::string_view accept_encoding)
{
    coding_wishes wishes;
    wishes.read(accept_encoding);
    return wishes.are_for_gzip();
}

} // namespace fairlead::http
