// Reads the text of a password file as Apache's htpasswd writes it: a line "user:hash" for each user.
//
// Empty lines and those that begin with '#' are skipped. Taken are the hashes that are slow on purpose and
// that crypt(3) of the system knows: bcrypt, SHA-512, SHA-256 and yescrypt. Refused, with what to do: the
// fast ones (MD5, SHA-1, DES), passwords that are not hashed, names that are there twice, and costs with
// which one look would take many seconds. Pure; nothing of a hash is in a message. Thread: any.
// Source: crypt(5), RFC 7617 2.
#pragma once

#include "conf/access_options.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

inline constexpr std::string_view how_to_make_one = "`htpasswd -B -c FILE USER`"; // a file, for messages

struct password_file_problem
{
    std::uint32_t line = 0; // 1-based
    std::string message;
};

struct password_file
{
    std::vector<password_entry> users; // by name
    std::vector<password_file_problem> problems;
};

password_file read_passwords(std::string_view text);

} // namespace fairlead::conf
