// Which certificates serve which names: an ECDSA and an RSA one for a name together, so that the client's
// abilities choose between them.
//
// Group 0 is the default's: the first certificate and those of other kinds that serve its first name. Of
// several of one kind for a name, one that is valid now is used, and of those the one that is valid longest.
// Pure. Thread: any.
#pragma once

#include "tls/certificate.hpp"
#include "tls/server_name_table.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace fairlead::tls {

struct certificate_names
{
    std::vector<std::string> names;
    key_kind kind = key_kind::rsa;
    wall_time not_before;
    wall_time not_after;
};

struct certificate_groups
{
    std::vector<std::vector<std::size_t>> groups; // positions of certificates, one for a kind at most
    server_name_table names;                      // to positions in `groups`
};

// `certificates` is not empty.
certificate_groups group_certificates(std::span<const certificate_names> certificates, wall_time now);

} // namespace fairlead::tls
