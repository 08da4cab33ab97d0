// What the process may do beyond an ordinary user, and how it gives up the rest.
//
//   root ─► [process] user: groups, group, user ─► the capabilities that the configuration needs ─► read back
//
// It comes before any thread and before any file but the configuration's is opened: what the user cannot
// read, bind or write fails at the start, not at the first reload. Linux keeps capabilities for each thread,
// so later threads inherit what is left. PR_SET_NO_NEW_PRIVS holds from then on, for children too.
//
// Lifetime and thread: the main thread, once, while it is the only one. Errors: become() throws
// std::runtime_error when something was not given up; the process ends then.
// Source: credentials(7), capabilities(7), libcap-ng's capng_change_id(3).
#pragma once

#include "conf/model.hpp"
#include "proxy/server/account.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::server {

enum class privilege : std::uint8_t
{
    low_ports,         // CAP_NET_BIND_SERVICE
    foreign_addresses, // CAP_NET_RAW, for IP_TRANSPARENT
    network_tables     // CAP_NET_ADMIN, for nft
};

std::string_view capability_of(privilege what) noexcept; // "CAP_NET_RAW"

// Those of `fairlead run`: ports below `first_free_port` at which it listens, pools that dial from clients'
// own addresses.
std::vector<privilege> needed_privileges(const conf::config& config, std::uint16_t first_free_port);

// From which port on everybody may listen: net.ipv4.ip_unprivileged_port_start.
std::uint16_t read_first_free_port();

enum class heirs : std::uint8_t
{
    none,    // a program that is executed has no capability
    children // it has those that are kept (ambient capabilities)
};

// Whether this process can become somebody else at all: its capabilities SETUID and SETGID.
bool can_change_user();

// Becomes `wanted` for good, with nothing but `kept`. Who is `wanted` already keeps what it has been given.
void become(const account& wanted, std::span<const privilege> kept, heirs who = heirs::none);

// For good, and for children.
void forbid_new_privileges();

// Where the default admin socket goes, so that who cannot make folders in /run has it: made for `owner`
// unless it is there.
void make_admin_folder(const conf::admin_options& admin, const account& owner);

// "fairlead (uid 998, gid 998), with CAP_NET_RAW"
std::string describe(const account& who, std::span<const privilege> kept);

} // namespace fairlead::server
