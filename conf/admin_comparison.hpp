// The keys of the admin listener, for config_diff.cpp.
#pragma once

#include "conf/admin_options.hpp"

#include <string>

namespace fairlead::conf {

inline std::string socket_text(const admin_options& of)
{
    if (of.has_default_socket) return default_admin_socket;
    return of.socket ? of.socket->text : "off";
}

template <class Comparison>
void compare_admin(const admin_options& a, const admin_options& b, const Comparison& keys)
{
    keys.add("address", a.address, b.address);
    keys.add("socket", socket_text(a), socket_text(b));
    keys.add("socket_mode", a.socket_mode, b.socket_mode);
    keys.add("token_file", a.token_file, b.token_file);
    keys.add("read_token_file", a.read_token_file, b.read_token_file);
    keys.add("anonymous", a.anonymous, b.anonymous);
    keys.add("read_only", a.read_only, b.read_only);
    keys.add("hosts", a.hosts, b.hosts);
    keys.add("tls", a.tls, b.tls);
}

} // namespace fairlead::conf
