// Input: values of Accept-Encoding, one on each line. What the fields say as one list, they say as
// several, and what is refused by its weight is never chosen (RFC 9110 12.5.3).
#include "proxy/http/content_coding.hpp"
#include "proxy/http/field_syntax.hpp"
#include "test/fuzz/built_request.hpp"
#include "test/fuzz/claim.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace fairlead;
using fuzz::require;

// Of the element of that name in a list of plain elements; nothing: it has none, or the list is of
// another kind.
bool is_plain(std::string_view list)
{
    return list.find_first_not_of("abcdefghijklmnopqrstuvwxyzGZIP0123456789-*;=,. \t") == list.npos;
}

bool names(std::string_view list, std::string_view coding)
{
    std::string rest(list);
    for (char& c : rest)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return rest.find(coding) != rest.npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::string lines, list;
    bool are_plain = true;
    while (!rest.empty()) {
        const auto value = fuzz::take_line(rest);
        are_plain = are_plain && is_plain(value);
        lines.append("Accept-Encoding: ").append(value).append("\r\n");
        list.append(list.empty() ? "" : ",").append(value);
    }
    const fuzz::built_request request("/", lines);
    if (!request.is_good()) return 0;
    const bool wanted = http::wants_gzip(request.fields());
    require(!wanted || names(list, "gzip") || names(list, "*"), "who does not name it does not get it");
    if (!are_plain) return 0;
    require(http::wants_gzip(std::string_view(list)) == wanted, "one list is as good as several fields");
    require(http::wants_gzip(std::string_view(list + ", br;q=1, zstd")) == wanted,
            "other codings change nothing");
    require(!http::wants_gzip(std::string_view(list + ", gzip;q=0, x-gzip;q=0.000")),
            "a weight of 0 refuses");
    require(http::wants_gzip(std::string_view(list + ", gzip;q=1, identity;q=0.5")),
            "the greater weight is chosen");
    return 0;
}
