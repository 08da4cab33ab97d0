// What one look for a pool's members came to.
#pragma once

#include "proxy/discovery/look_failure.hpp"
#include "proxy/discovery/member.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace fairlead::discovery {

// A list, a failure, or both: a list some of which is from an earlier look, since a part of this one failed.
struct look_result
{
    std::optional<member_list> members; // none: those of before stay
    std::optional<look_failure> failure;
    std::string problem;         // of the failure, for the log
    std::chrono::seconds ttl{0}; // of the list, as DNS says it
};

} // namespace fairlead::discovery
