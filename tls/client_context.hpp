// What the handshakes with the backends of one pool go by: whom to trust, which name to ask for, our own
// certificate, and the sessions that backends gave.
//
// Verification is on unless the options say `insecure`. The name is checked with X509_VERIFY_PARAM: a host
// name against SANs (RFC 6125, no partial wildcards, no common name), an address against address SANs. SNI is
// sent for host names alone (RFC 6066 3). ALPN offers http/1.1 alone. Immutable but for the sessions; share
// it as shared_ptr<const client_context>, in a context_slot where it may be replaced. Thread: any. Building
// may read the system's trust store: for the control thread. Modes and options of an SSL are those of
// server_context.
#pragma once

#include "tls/certificate.hpp"
#include "tls/handles.hpp"
#include "tls/key_log.hpp"
#include "tls/protocol_options.hpp"

#include <boost/system/result.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::tls {

struct client_options
{
    protocol_options protocol = {};
    std::string ca = {}; // PEM text, not a path; empty: the system's store
    std::string server_name =
        {}; // a host name or an address, instead of the backend's own; empty: the backend's
    std::shared_ptr<const certificate> own = nullptr; // null: none
    bool insecure = false;                            // no verification at all
    std::shared_ptr<tls::key_log> key_log = nullptr;  // null: none
};

class client_context
{
public:
    // Errors: one sentence for each thing that is wrong with the options.
    static boost::system::result<std::shared_ptr<const client_context>, std::vector<std::string>>
    build(const client_options& options);

    // An SSL in connect state for a backend. `host` is its host name or address, without a port; empty for a
    // Unix socket, whose pool has a server_name or is insecure. `backend` tells backends apart (its
    // "host:port"); the newest session it gave is offered, and those that it gives during the connection are
    // kept. Null when out of memory.
    ssl_handle make_ssl(std::string_view host, std::string_view backend) const;

    ssl_ctx_st* native() const noexcept { return context_.get(); }

private:
    client_context(ssl_ctx_handle context, std::string server_name, bool insecure);

    ssl_ctx_handle context_; // owns the sessions
    std::string server_name_;
    bool insecure_;
};

} // namespace fairlead::tls
