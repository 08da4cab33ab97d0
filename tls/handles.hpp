// Owners of what OpenSSL allocates, so that its headers stay inside this folder.
//
// Each is one pointer wide. Thread: as the library says of the object: an SSL belongs to one thread at a
// time, an SSL_CTX and what hangs on it are shared once they are built.
#pragma once

#include <memory>

struct ssl_st;     // SSL
struct ssl_ctx_st; // SSL_CTX

namespace fairlead::tls {

struct ssl_free
{
    // Also marks the connection as shut down, so that its session stays good for resumption after an abrupt
    // end (SSL_free alone would spoil it).
    void operator()(ssl_st* ssl) const noexcept;
    void operator()(ssl_ctx_st* context) const noexcept;
};

using ssl_handle = std::unique_ptr<ssl_st, ssl_free>;
using ssl_ctx_handle = std::unique_ptr<ssl_ctx_st, ssl_free>;

} // namespace fairlead::tls
