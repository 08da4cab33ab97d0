// Applies the TCP options of [socket] to a descriptor. Unix sockets are left alone. What a listening socket
// has is inherited by the connections that come through it.
//
// Best effort: an option that this kernel refuses is left at its default, as a connection without it still
// works.
// Source: tcp(7), ip(7).
#pragma once

#include "conf/model.hpp"

namespace fairlead::net {

enum class socket_before : bool
{
    fresh, // with the kernel's defaults, so that what is off needs no call
    in_use // with what was applied earlier
};

void apply(const conf::socket_options& options, int fd, int family,
           socket_before before = socket_before::fresh) noexcept;

} // namespace fairlead::net
