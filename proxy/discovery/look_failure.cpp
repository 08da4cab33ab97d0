#include "proxy/discovery/look_failure.hpp"

namespace fairlead::discovery {

std::string_view word_of(look_failure what) noexcept
{
    switch (what) {
    case look_failure::unreadable: return "unreadable";
    case look_failure::invalid: return "invalid";
    case look_failure::too_many: return "too_many";
    case look_failure::no_such_name: return "no_such_name";
    case look_failure::no_data: return "no_data";
    case look_failure::server_failure: return "server_failure";
    case look_failure::timeout: return "timeout";
    }
    return {};
}

} // namespace fairlead::discovery
