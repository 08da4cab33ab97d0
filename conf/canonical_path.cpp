#include "conf/canonical_path.hpp"

#include <cstddef>

namespace fairlead::conf {
namespace {

unsigned hex_value(char c)
{
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    return static_cast<unsigned>((c | 0x20) - 'a') + 10;
}

char decoded(std::string_view digits)
{
    return static_cast<char>(hex_value(digits[0]) * 16 + hex_value(digits[1]));
}

char capital(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; }

bool is_unreserved(char c) // RFC 3986 2.3
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool is_canonical(std::string_view digits)
{
    return capital(digits[0]) == digits[0] && capital(digits[1]) == digits[1] &&
           !is_unreserved(decoded(digits));
}

} // namespace

std::string_view canonical_path(std::string_view path, std::string& room)
{
    auto at = path.find('%');
    while (at != path.npos && is_canonical(path.substr(at + 1, 2)))
        at = path.find('%', at + 3);
    if (at == path.npos) return path;
    room.assign(path.substr(0, at));
    while (at < path.size()) {
        if (path[at] != '%') {
            room.push_back(path[at++]);
            continue;
        }
        const auto digits = path.substr(at + 1, 2);
        if (const char c = decoded(digits); is_unreserved(c))
            room.push_back(c);
        else
            room.append({'%', capital(digits[0]), capital(digits[1])});
        at += 3;
    }
    return room;
}

} // namespace fairlead::conf
