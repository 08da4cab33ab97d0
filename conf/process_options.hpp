// Who the process is once it has started, and which system calls it may make: the options of [process].
//
// Plain values; see model.hpp. That the user and the group exist is for the machine to say.
#pragma once

#include "conf/source_position.hpp"

#include <cstdint>
#include <string>

namespace fairlead::conf {

enum class call_filtering : std::uint8_t
{
    off,
    log,    // what is not on the list is let through, and the kernel's audit log tells it
    enforce // it is refused, and what no proxy ever calls ends the process
};

struct process_options // [process]
{
    std::string user;  // a name or a number, never root; empty: stays who it is
    std::string group; // a name or a number; empty: the user's own
    call_filtering seccomp = call_filtering::off;
    source_position where; // of `user`

    bool operator==(const process_options& other) const
    {
        return user == other.user && group == other.group && seccomp == other.seccomp;
    }
};

} // namespace fairlead::conf
