// What the configuration says of the admin listener: where it listens, and who may ask what.
//
// Paths are as an open(2) takes them. Secrets are not here: their files are read when they are needed. Plain
// values.
#pragma once

#include "conf/source_position.hpp"
#include "conf/tls_options.hpp"
#include "conf/values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

// What is allowed to somebody; each includes what is before it.
enum class admin_right : std::uint8_t
{
    none,  // /healthz and /readyz, which everybody may ask
    read,  // all that only tells
    change // everything
};

struct admin_options // [admin]
{
    std::optional<endpoint> address; // absent: not over TCP
    std::optional<endpoint> socket;  // always a unix_path
    bool has_default_socket = true;  // where it can be made; `socket` is that one then
    std::uint32_t socket_mode = 0600;
    std::string token_file;      // who shows its token may change things through `address`; empty: none
    std::string read_token_file; // who shows its token may read; empty: none
    admin_right anonymous = admin_right::change; // of those at `address` who show nothing
    bool read_only = false;                      // nobody changes anything through `address`
    std::vector<std::string> hosts;              // lower case; Host may be these, beside loopback's names
    std::optional<listen_tls_options> tls;       // of `address`
    source_position where;

    bool operator==(const admin_options& other) const
    {
        return address == other.address && socket == other.socket &&
               has_default_socket == other.has_default_socket && socket_mode == other.socket_mode &&
               token_file == other.token_file && read_token_file == other.read_token_file &&
               anonymous == other.anonymous && read_only == other.read_only && hosts == other.hosts &&
               tls == other.tls;
    }
};

inline constexpr const char* default_admin_socket = "unix:/run/fairlead/admin.sock";

bool is_loopback(const endpoint& address); // 127.0.0.0/8 or ::1

// Why a file's text, without its line end, is no token; empty: it is one (RFC 6750 2.1).
std::string_view problem_of_token(std::string_view text);

} // namespace fairlead::conf
