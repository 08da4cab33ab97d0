// Says in an operator's words what the TOML parser objects to.
//
// Pure: takes the parser's description, its position and the line there. Where the mistake is a value without
// quotes, the position moves to the value's start.
#pragma once

#include "conf/document.hpp"

#include <string_view>

namespace fairlead::conf {

syntax_error explain_syntax_error(std::string_view description, text_position at, std::string_view line);

} // namespace fairlead::conf
