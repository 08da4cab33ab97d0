// Whom a side trusts: CAs and revocation lists, read once and shared by contexts.
//
// A certificate in the CA text is trusted as it stands, also one that is not self-signed. With revocation
// lists, each CA of the path to a peer's certificate needs a current one (RFC 5280 6.3), or the peer is
// refused. Copies share the store. Thread: any.
#pragma once

#include "tls/handles.hpp"

#include <boost/system/result.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct x509_store_st; // X509_STORE

namespace fairlead::tls {

enum class client_auth : std::uint8_t
{
    none,
    optional, // a certificate that is shown has to be good
    required
};

class trusted_authorities
{
public:
    trusted_authorities() = default;

    // PEM texts. Errors: no certificate in the first, no list in the second where there is one, a block in
    // either that is broken or cut off.
    static boost::system::result<trusted_authorities, std::vector<std::string>> read(std::string_view ca,
                                                                                     std::string_view crl);

    // For a server: asks clients for a certificate, and names the CAs to them. False: out of memory.
    bool apply(ssl_ctx_st& server, bool is_required) const;

    // For a client: whom to trust.
    bool trust(ssl_ctx_st& client) const;

private:
    std::shared_ptr<x509_store_st> store_;
    std::string ca_; // for the names
};

// What a session of one listener may be resumed at: a listener that asks clients in the same way and verifies
// by the same CAs and lists, in this process or a replica. A resumption asks for no certificate, so a ticket
// of who came without one must not open a listener that requires it. SHA-256.
std::array<std::uint8_t, 32> session_context_id(client_auth asks, std::string_view ca, std::string_view crl);

// Doubts about a list for an operator: CAs without one, one that is out of date.
std::vector<std::string> doubts_about(std::string_view ca, std::string_view crl);

} // namespace fairlead::tls
