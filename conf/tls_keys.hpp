// The rows of the schema that are about TLS, for known_keys.cpp.
#pragma once

#include "conf/known_keys.hpp"

#include <array>

namespace fairlead::conf {

inline constexpr std::string_view pem_file = "a file in PEM";
inline constexpr std::string_view tls_versions = "1.2|1.3";

// clang-format off
inline constexpr auto tls_rows = std::to_array<key_row>({
    {.section = "", .name = "tls", .type = value_type::table, .example = "[tls]"},
    {.section = "listen", .name = "tls", .type = value_type::table,
     .example = "{ certificate_dir = \"/etc/fairlead/certificates\" }"},
    {.section = "listen", .name = "redirect_to_https", .type = value_type::flag_or_integer,
     .default_text = "false", .least = 1, .most = 65'535, .example = "8443"},
    {.section = "timeouts", .name = "tls_handshake", .type = value_type::time, .default_text = "\"10s\"",
     .least = 1, .most = 86'400'000, .zero = true, .example = "\"10s\""},
    {.section = "forward", .name = "client_certificate", .type = value_type::text,
     .default_text = "\"X-Forwarded-Client-Cert\"", .choices = "a header name, or \"\"",
     .example = "\"X-Client-Cert\""},
    {.section = "pool.NAME", .name = "tls", .type = value_type::flag_or_table, .default_text = "false",
     .example = "{ ca = \"/etc/fairlead/backends.pem\" }"},
    {.section = "route", .name = "client_certificate", .type = value_type::flag_or_table,
     .example = "{ san = \"DNS:*.devices.example.com\" }"},

    {.section = "tls", .name = "profile", .type = value_type::choice, .default_text = "\"intermediate\"",
     .choices = "intermediate|modern", .example = "\"modern\""},
    {.section = "tls", .name = "min_version", .type = value_type::choice, .default_text = "\"1.2\"",
     .choices = tls_versions, .example = "\"1.3\""},
    {.section = "tls", .name = "ticket_lifetime", .type = value_type::time, .default_text = "\"12h\"",
     .least = 60'000, .most = 7 * 86'400'000LL, .zero = true, .example = "\"1h\""},
    {.section = "tls", .name = "ticket_keys", .type = value_type::text, .choices = "a file of 80-byte keys",
     .example = "\"/etc/fairlead/ticket.keys\""},
    {.section = "tls", .name = "max_handshakes", .type = value_type::integer, .default_text = "64",
     .least = 1, .most = 100'000, .zero = true, .example = "256"},
    {.section = "tls", .name = "ktls", .type = value_type::boolean, .default_text = "false",
     .example = "true"},
    {.section = "tls", .name = "key_log", .type = value_type::text, .choices = "a file's path",
     .example = "\"/run/fairlead/keys.log\""},

    {.section = "listen.tls", .name = "certificates", .type = value_type::table_list,
     .example = "[{ chain = \"/etc/fairlead/chain.pem\", key = \"/etc/fairlead/key.pem\" }]"},
    {.section = "listen.tls", .name = "certificate_dir", .type = value_type::text, .choices = "a folder",
     .example = "\"/etc/letsencrypt/live\""},
    {.section = "listen.tls", .name = "profile", .type = value_type::choice,
     .choices = "intermediate|modern", .example = "\"modern\""},
    {.section = "listen.tls", .name = "min_version", .type = value_type::choice, .choices = tls_versions,
     .example = "\"1.3\""},
    {.section = "listen.tls", .name = "strict_sni", .type = value_type::boolean, .default_text = "false",
     .example = "true"},
    {.section = "listen.tls", .name = "client_ca", .type = value_type::text, .choices = pem_file,
     .example = "\"/etc/fairlead/devices-ca.pem\""},
    {.section = "listen.tls", .name = "client_auth", .type = value_type::choice,
     .default_text = "\"required\"", .choices = "required|optional", .example = "\"optional\""},
    {.section = "listen.tls", .name = "crl", .type = value_type::text, .choices = pem_file,
     .example = "\"/etc/fairlead/devices.crl\""},
    {.section = "listen.tls", .name = "hsts", .type = value_type::time, .least = 1'000,
     .most = 3'650 * 86'400'000LL, .zero = true, .example = "\"365d\""},
    {.section = "listen.tls", .name = "hsts_subdomains", .type = value_type::boolean,
     .default_text = "false", .example = "true"},
    {.section = "listen.tls", .name = "hsts_preload", .type = value_type::boolean, .default_text = "false",
     .example = "true"},

    {.section = "listen.tls.certificates", .name = "chain", .type = value_type::text, .choices = pem_file,
     .required = true, .example = "\"/etc/fairlead/chain.pem\""},
    {.section = "listen.tls.certificates", .name = "key", .type = value_type::text, .choices = pem_file,
     .example = "\"/etc/fairlead/key.pem\""},
    {.section = "listen.tls.certificates", .name = "ocsp", .type = value_type::text,
     .choices = "a file in DER", .example = "\"/etc/fairlead/chain.ocsp\""},

    {.section = "pool.NAME.tls", .name = "ca", .type = value_type::text, .choices = pem_file,
     .example = "\"/etc/fairlead/backends.pem\""},
    {.section = "pool.NAME.tls", .name = "server_name", .type = value_type::text,
     .choices = "a host name or an IP address", .example = "\"app.internal\""},
    {.section = "pool.NAME.tls", .name = "certificate", .type = value_type::text, .choices = pem_file,
     .example = "\"/etc/fairlead/proxy.pem\""},
    {.section = "pool.NAME.tls", .name = "key", .type = value_type::text, .choices = pem_file,
     .example = "\"/etc/fairlead/proxy.key\""},
    {.section = "pool.NAME.tls", .name = "min_version", .type = value_type::choice,
     .default_text = "\"1.2\"", .choices = tls_versions, .example = "\"1.3\""},
    {.section = "pool.NAME.tls", .name = "insecure", .type = value_type::boolean, .default_text = "false",
     .example = "true"},

    {.section = "route.client_certificate", .name = "subject", .type = value_type::text_list,
     .choices = "RFC 2253 texts, * for any", .example = "\"CN=device-*,O=Example\""},
    {.section = "route.client_certificate", .name = "san", .type = value_type::text_list,
     .choices = "DNS:, URI:, IP: or email: and text, * for any", .example = "\"DNS:*.devices.example.com\""},
    {.section = "route.client_certificate", .name = "fingerprint", .type = value_type::text_list,
     .choices = "SHA-256 in hex",
     .example = "\"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0\""},
});
// clang-format on

} // namespace fairlead::conf
