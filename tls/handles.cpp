#include "tls/handles.hpp"

#include <openssl/ssl.h>

namespace fairlead::tls {

void ssl_free::operator()(ssl_st* ssl) const noexcept
{
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
}

void ssl_free::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

} // namespace fairlead::tls
