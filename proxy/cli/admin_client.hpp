// One request to the admin listener of a running proxy.
//
// Blocks, with a deadline for each wait. Errors: std::runtime_error that names the address and says why: it
// is no address, nobody listens, nobody answers in time, the answer is not HTTP.
#pragma once

#include "proxy/cli/admin_access.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace fairlead::cli {

struct admin_reply
{
    unsigned status = 0;
    std::string body;
};

// A method other than GET is a change, and says so.
admin_reply ask_admin(const admin_access& at, std::string_view method, std::string_view target,
                      std::chrono::seconds limit);

// A GET whose answer goes on: `each` gets its lines while they come, with `silence` between two at most. Of
// an answer other than 200 the reply has the body.
admin_reply follow_admin(const admin_access& at, std::string_view target, std::chrono::seconds silence,
                         const std::function<void(std::string_view line)>& each);

// A parameter's value as a query takes it: everything but letters, digits and "-._~:/" is %XX.
std::string escape_query(std::string_view value);

} // namespace fairlead::cli
