// Where a running process is asked, and by what it knows the asker.
//
//   address   "unix:/run/fairlead/admin.sock", "127.0.0.1:9900" or "https://HOST:PORT"; empty: that socket
//             where there is one that we may use, else that address
//   token     of --token-file, else of the file FAIRLEAD_TOKEN_FILE names, else FAIRLEAD_TOKEN; none over a
//             Unix socket
//   ca, ...   of https alone: whom to trust (else the system's store), and a certificate of our own
//
// Plain values. Errors of token_of(): std::runtime_error that names the file.
#pragma once

#include <string>
#include <utility>

namespace fairlead::cli {

struct admin_access
{
    admin_access() = default;
    admin_access(std::string where) // an address is all that most need
        : address(std::move(where))
    {}

    std::string address;
    std::string token_file;
    std::string ca;
    std::string certificate;
    std::string key;
};

// The address that is meant: the default ones are told apart by what is there.
std::string address_of(const admin_access& at);

std::string token_of(const admin_access& at); // empty: none

} // namespace fairlead::cli
