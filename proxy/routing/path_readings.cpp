#include "proxy/routing/path_readings.hpp"

#include <algorithm>

namespace fairlead::routing {

namespace {

constexpr std::string_view encoded_semicolon = "%3B"; // some decode before they look for parameters

std::string without_parameters(std::string_view path)
{
    std::string out;
    while (!path.empty()) {
        const auto segment = path.substr(0, std::min(path.find('/', 1), path.size()));
        out.append(segment.substr(0, std::min(segment.find(';'), segment.find(encoded_semicolon))));
        path.remove_prefix(segment.size());
    }
    return out;
}

std::string without_empty_segments(std::string_view path)
{
    std::string out;
    for (const char c : path) {
        if (c != '/' || !out.ends_with('/')) out.push_back(c);
    }
    return out;
}

} // namespace

std::vector<std::string> other_readings(std::string_view canonical)
{
    std::vector<std::string> out;
    const auto add = [&](std::string reading) {
        if (reading != canonical && std::ranges::find(out, reading) == out.end())
            out.push_back(std::move(reading));
    };
    if (canonical.find("//") != canonical.npos) add(without_empty_segments(canonical));
    if (canonical.find(';') == canonical.npos && canonical.find(encoded_semicolon) == canonical.npos)
        return out;
    std::string bare = without_parameters(canonical);
    add(without_empty_segments(bare));
    add(std::move(bare));
    return out;
}

} // namespace fairlead::routing
