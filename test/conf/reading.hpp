// What the tests of the reader share: a configuration that is right, to which each adds what it is about.
#pragma once

#include "conf/read_config.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

// "line:column key: message" of each error.
inline std::vector<std::string> brief_errors(const read_result& result)
{
    std::vector<std::string> brief;
    for (const auto& error : result.errors) {
        const auto place = std::to_string(error.where.line) + ":" + std::to_string(error.where.column);
        brief.push_back(place + " " + (error.key.empty() ? "" : error.key + ": ") + error.message);
    }
    return brief;
}

// One line without which nothing is complete, so that line 2 is the first of the test's own.
inline constexpr std::string_view listen_line = "listen = [{ address = \"127.0.0.1:1\" }]\n";
inline constexpr std::string_view pool_lines = "[pool.a]\nbackends = [\"10.0.0.1:80\"]\n";
inline constexpr std::string_view route_lines = "[[route]]\npool = \"a\"\n";

// `top` is on line 2 and what follows it.
inline read_result read_with_top(std::string_view top)
{
    const std::string text = std::string(listen_line) + std::string(top) + "\n" + std::string(pool_lines) +
                             std::string(route_lines);
    return read_config_text(text, "t.toml");
}

// `keys` of [pool.a] are on line 3 and what follows it; backends are theirs to give.
inline read_result read_with_pool(std::string_view keys)
{
    const std::string text =
        std::string(listen_line) + "[pool.a]\n" + std::string(keys) + "\n" + std::string(route_lines);
    return read_config_text(text, "t.toml");
}

// `keys` of a [[route]] to the pool "a" are on line 6 and what follows it.
inline read_result read_with_route(std::string_view keys)
{
    const std::string text = std::string(listen_line) + std::string(pool_lines) + std::string(route_lines) +
                             std::string(keys) + "\n";
    return read_config_text(text, "t.toml");
}

using brief_list = std::vector<std::string>;

} // namespace fairlead::conf

// Shows the lists when a comparison fails.
template <>
struct doctest::StringMaker<fairlead::conf::brief_list>
{
    static String convert(const fairlead::conf::brief_list& list)
    {
        std::string text;
        for (const auto& entry : list) {
            text += "\n    " + entry;
        }
        return text.c_str();
    }
};
