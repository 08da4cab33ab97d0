// Whether a password is the one that a hash of a password file was made of.
//
// By crypt(3), which knows bcrypt, SHA-512, SHA-256 and yescrypt. Takes as long as the hash wants, which is
// meant to be long, up to seconds, and for yescrypt megabytes of memory: never on a worker's thread. What it
// worked with is wiped. Thread: any, several at once.
#pragma once

#include "proxy/credentials/secret_text.hpp"

#include <string>

namespace fairlead::credentials {

// Longer ones are not the password of anything.
inline constexpr std::size_t longest_password = 511;

// False also where crypt(3) does not know the hash. Throws std::bad_alloc.
bool is_password_of(const secret_text& password, const std::string& hash);

} // namespace fairlead::credentials
