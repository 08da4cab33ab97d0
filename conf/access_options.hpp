// Who may come in by a password, as checked values. Part of the model: see model.hpp.
#pragma once

#include <string>
#include <vector>

namespace fairlead::conf {

struct password_entry // a line of a password file
{
    std::string user; // no colon, no control character
    std::string hash; // as crypt(5) has it: bcrypt, SHA-512, SHA-256 or yescrypt

    bool operator==(const password_entry&) const = default;
};

struct basic_auth_options // route.basic_auth
{
    std::string file;                  // where the users are from
    std::vector<password_entry> users; // by name, each once; at least one
    std::string realm = "restricted";  // what the client is asked for
    std::string forward_user;          // header that tells the backend who it is; "" none
    bool pass_authorization = false;   // the password goes on to the backend

    bool operator==(const basic_auth_options&) const = default;
};

} // namespace fairlead::conf
