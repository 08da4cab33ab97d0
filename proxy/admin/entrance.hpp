// One address that admin connections arrive at: who may ask what there, and the certificates of its TLS.
//
// Shared by its listener and its connections. Thread: the main thread's.
#pragma once

#include "proxy/admin/access_policy.hpp"
#include "proxy/credentials/server_credentials.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace fairlead::admin {

struct entrance
{
    std::string address; // as it was configured
    bool is_unix = false;
    access_policy access;
    std::shared_ptr<const credentials::server_credentials> tls = nullptr; // null: plain
    std::size_t connections = 0;
};

} // namespace fairlead::admin
