// The demo's page, chat.html, embedded by the build. It needs nothing but the server it came from.
#pragma once

#include <string_view>

namespace fairlead::demo {

extern const std::string_view chat_page; // UTF-8

} // namespace fairlead::demo
