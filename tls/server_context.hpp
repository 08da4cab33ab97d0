// What the handshakes of one listener go by: certificates by name, protocol options, client verification,
// ticket keys. An SSL_CTX for each set of certificates, built once.
//
// Does not read files: certificates and texts come loaded. Does not make connections: SSL_new(native()) does,
// and the SSL keeps everything alive that its handshake needs, so this object may go while handshakes are
// under way.
// Immutable; share it as shared_ptr<const server_context>, in a context_slot where it may be replaced.
// Thread: any. Building takes about a millisecond for each set of certificates: for the control thread.
//
// Set on every SSL: the modes ENABLE_PARTIAL_WRITE, ACCEPT_MOVING_WRITE_BUFFER and RELEASE_BUFFERS,
// read-ahead, no renegotiation, no compression, the server's order of ciphers, one ticket for each handshake,
// no cache of sessions. ALPN chooses http/1.1; a client that offers only others is refused (RFC 7301 3.2). A
// name is looked up by server_name_table; strict_sni refuses a hello without a known one (RFC 6066 3,
// unrecognized_name).
#pragma once

#include "tls/certificate.hpp"
#include "tls/handles.hpp"
#include "tls/key_log.hpp"
#include "tls/protocol_options.hpp"
#include "tls/ticket_keys.hpp"
#include "tls/trusted_authorities.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::tls {

struct server_options
{
    // At least one. The first is for clients that name no server, or an unknown one.
    std::vector<std::shared_ptr<const certificate>> certificates = {};
    protocol_options protocol = {};
    bool strict_sni = false;
    tls::client_auth client_auth = tls::client_auth::none;
    std::string client_ca = {}; // PEM text, not a path; not empty unless client_auth is none
    std::string crl = {};       // PEM text; empty: none. Else every CA of client_ca needs one in it
    std::shared_ptr<ticket_keys> tickets = nullptr; // null: no resumption
    std::chrono::seconds ticket_lifetime{12 * 3'600};
    std::shared_ptr<tls::key_log> key_log = nullptr; // null: none
};

// How long a server's handshakes take to sign: RSA takes a dozen times as long as the others.
enum class signing : std::uint8_t
{
    slow,     // by RSA, for some names at least
    by_hello, // as each client likes it: see handshake_watch
    quick
};

class server_context
{
public:
    // Errors: one sentence for each thing that is wrong with the options.
    static boost::system::result<std::shared_ptr<const server_context>, std::vector<std::string>>
    build(const server_options& options);

    // To make an SSL from. The reference is good as long as this, and within every SSL made from it.
    ssl_ctx_st* native() const noexcept { return context_.get(); }

    client_auth verifies_clients() const noexcept { return client_auth_; }
    signing signs() const noexcept { return signs_; }

private:
    server_context(ssl_ctx_handle context, client_auth clients, signing signs);

    ssl_ctx_handle context_; // of the default certificates; it owns the name table with the others
    client_auth client_auth_;
    signing signs_;
};

} // namespace fairlead::tls
