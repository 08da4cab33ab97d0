// Whom the process is to become: a user of this machine, its group, and its further groups by name.
//
// Errors: find_account() throws std::runtime_error with the place in the configuration when there is no such
// user or group. A number needs no entry in the user database; it has no further groups then. Thread: start
// only, since getpwnam(3) is asked.
#pragma once

#include "conf/process_options.hpp"

#include <optional>
#include <string>

#include <sys/types.h>

namespace fairlead::server {

struct account
{
    std::string user; // as the configuration says it
    uid_t uid = 0;
    gid_t gid = 0;
    bool is_listed = false; // in the user database, which knows its further groups
};

// Nobody where the configuration names no user.
std::optional<account> find_account(const conf::process_options& options);

} // namespace fairlead::server
