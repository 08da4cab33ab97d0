// Applies the TCP options of [socket] to a descriptor. Unix sockets are left alone.
//
// Best effort: an option that this kernel refuses is left at its default, as a connection without it still
// works.
// Source: tcp(7), ip(7).
#pragma once

#include "conf/model.hpp"

namespace fairlead::net {

void apply(const conf::socket_options& options, int fd, int family) noexcept;

} // namespace fairlead::net
