// The name and password that a request brings in its Authorization field, and the user they are held against.
//
// Pure. Thread: any. Source: RFC 7617 2, RFC 9110 11.4, RFC 4648 4.
#pragma once

#include "conf/access_options.hpp"
#include "proxy/credentials/secret_text.hpp"
#include "proxy/http/head.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::http {

struct basic_credentials
{
    enum class state : std::uint8_t
    {
        given,
        missing,  // no Authorization, or one of another scheme
        malformed // not base64, no colon, a control character, a password that is too long, or two fields
    };

    state what = state::missing;
    std::string user = {};
    credentials::secret_text password = {};
};

basic_credentials read_basic_credentials(const head& fields);

struct claimed_user
{
    const conf::password_entry& entry; // to hash for
    bool is_known = false;             // else the entry is another's, and no password is right
};

// Who claims a name that nobody has is held against some entry, the same for the same name as long as the
// process and the list live: how long that takes tells nobody which names there are. `users` is sorted by
// name and not empty.
claimed_user find_user(std::span<const conf::password_entry> users, std::string_view name);

// The line that asks for a password, with its CRLF.
std::string challenge_line(std::string_view realm);

} // namespace fairlead::http
