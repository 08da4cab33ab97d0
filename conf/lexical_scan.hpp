// A look at the text before the TOML parser: finds strings that are never closed, and nesting that would cost
// stack.
//
// Follows strings, comments, brackets and dotted keys only; everything else is left to the parser. Pure,
// linear.
#pragma once

#include "conf/document.hpp"

#include <optional>
#include <string_view>

namespace fairlead::conf {

inline constexpr int max_bracket_depth = 64;
inline constexpr int max_key_dots = 16; // of one dotted key

struct scan_problem
{
    enum class kind : std::uint8_t
    {
        open_string,
        too_deep
    };

    kind what = kind::open_string;
    syntax_error error;
};

std::optional<scan_problem> find_lexical_problem(std::string_view text);

} // namespace fairlead::conf
