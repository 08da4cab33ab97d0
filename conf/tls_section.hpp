// Reads what is about TLS: [tls], what a listener and a pool say of it, and what a route asks of the client's
// certificate.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

void read_tls_section(const table_reader& top, config_draft& draft);

// The key `tls` of something that listens. Profile and min_version are those of `defaults` where it does not
// say them itself.
void read_tls_of(const table_reader& listen, const tls_options& defaults,
                 std::optional<listen_tls_options>& target);
void read_listen_tls(const table_reader& listen, const tls_options& defaults, listen_options& target);

void read_pool_tls(const table_reader& pool_table, pool_options& pool); // whose backends are read

// route.client_certificate
void read_client_certificate(const table_reader& route_table, route_options& route);

} // namespace fairlead::conf
