// What the configuration says of TLS: of listeners, of pools, and of all of it.
//
// Paths are as an open(2) takes them: one that was written relative is from the folder of its configuration
// file. Nothing of what the files hold is known here. Plain values.
#pragma once

#include "conf/source_position.hpp"
#include "conf/values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::conf {

enum class tls_profile : std::uint8_t
{
    intermediate,
    modern
};

enum class tls_version : std::uint8_t
{
    v1_2,
    v1_3
};

struct tls_options // [tls]
{
    tls_profile profile = tls_profile::intermediate; // of listeners that do not say it themselves
    tls_version min_version = tls_version::v1_2;     // likewise
    duration ticket_lifetime{12 * 3'600'000};        // 0: no resumption
    std::string ticket_keys;                         // a file; empty: keys of our own
    std::uint32_t max_handshakes = 64;               // served at once, for each worker; 0: any number
    bool ktls = false;
    std::string key_log; // a file that gets the secrets of connections; empty: none

    bool operator==(const tls_options&) const = default;
};

struct certificate_files // an entry of listen.tls.certificates
{
    std::string chain;
    std::string key;  // empty: in `chain`
    std::string ocsp; // empty: none
    source_position where;

    bool operator==(const certificate_files& other) const
    {
        return chain == other.chain && key == other.key && ocsp == other.ocsp;
    }
};

enum class client_auth : std::uint8_t
{
    required,
    optional
};

struct hsts_options // Strict-Transport-Security (RFC 6797)
{
    duration max_age{0}; // whole seconds; 0 tells browsers to forget it
    bool subdomains = false;
    bool preload = false;

    bool operator==(const hsts_options&) const = default;
};

struct listen_tls_options // listen.tls
{
    std::vector<certificate_files> certificates; // not empty, or there is a folder
    std::string certificate_dir;                 // empty: none
    tls_profile profile = tls_profile::intermediate;
    tls_version min_version = tls_version::v1_2;
    bool strict_sni = false;
    std::string client_ca; // empty: clients are not asked for certificates
    conf::client_auth client_auth = conf::client_auth::required; // where there is a client_ca
    std::string crl;                                             // empty: none
    std::optional<hsts_options> hsts;
    source_position where;

    bool operator==(const listen_tls_options& other) const
    {
        return certificates == other.certificates && certificate_dir == other.certificate_dir &&
               profile == other.profile && min_version == other.min_version &&
               strict_sni == other.strict_sni && client_ca == other.client_ca &&
               client_auth == other.client_auth && crl == other.crl && hsts == other.hsts;
    }
};

struct pool_tls_options // pool.NAME.tls
{
    std::string ca;          // empty: the system's store
    std::string server_name; // lower case; empty: each backend's own
    std::string certificate; // empty: none
    std::string key;         // empty: in `certificate`
    tls_version min_version = tls_version::v1_2;
    bool insecure = false; // nothing is verified; then there is no ca
    source_position where;

    bool operator==(const pool_tls_options& other) const
    {
        return ca == other.ca && server_name == other.server_name && certificate == other.certificate &&
               key == other.key && min_version == other.min_version && insecure == other.insecure;
    }
};

// What a route asks of the client's certificate. Any of a list is enough; '*' in a text stands for any
// characters.
struct client_certificate_match // route.client_certificate
{
    std::vector<std::string> subjects; // empty: any
    std::vector<std::string> sans;
    std::vector<std::string> fingerprints; // lower-case hex

    bool operator==(const client_certificate_match&) const = default;
};

} // namespace fairlead::conf
