#include "proxy/routing/query_parameters.hpp"

#include <cstddef>

namespace fairlead::routing {
namespace {

int hex_digit(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The octet that begins at `at`, which is moved past it.
char decode_one(std::string_view text, std::size_t& at) noexcept
{
    const char first = text[at++];
    if (first == '+') return ' ';
    if (first != '%' || text.size() - at < 2) return first;
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return first;
    at += 2;
    return static_cast<char>(high * 16 + low);
}

bool decodes_to(std::string_view encoded, std::string_view wanted) noexcept
{
    std::size_t at = 0;
    for (const char c : wanted) {
        if (at == encoded.size() || decode_one(encoded, at) != c) return false;
    }
    return at == encoded.size();
}

} // namespace

std::optional<std::string_view> query_parameters::next(std::string_view name)
{
    while (!rest_.empty()) {
        const auto piece = rest_.substr(0, rest_.find('&'));
        rest_.remove_prefix(piece.size() < rest_.size() ? piece.size() + 1 : piece.size());
        const auto equals = piece.find('=');
        if (piece.empty() || !decodes_to(piece.substr(0, equals), name)) continue;

        const auto value = equals == piece.npos ? std::string_view{} : piece.substr(equals + 1);
        if (value.find_first_of("%+") == value.npos) return value;
        decoded_.clear();
        for (std::size_t at = 0; at < value.size();)
            decoded_ += decode_one(value, at);
        return decoded_;
    }
    return std::nullopt;
}

} // namespace fairlead::routing
