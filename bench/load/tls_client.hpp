// The load's side of TLS, for all connections of a run: TLS 1.3 with TLS_AES_128_GCM_SHA256 and X25519,
// whatever the server would rather have, so that every proxy computes the same.
//
// The signature that is asked for chooses the server's certificate. Certificates are not verified: the run
// made them, and what the load computes counts for nobody. A session is offered only from resume() on.
// One thread; outlives its ends. Errors: std::runtime_error with OpenSSL's reason.
#pragma once

#include "bench/load/arguments.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

namespace fairlead::bench {

struct free_tls
{
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
    // As if the end had been announced: OpenSSL would not resume the session of a connection that broke.
    void operator()(SSL* connection) const
    {
        SSL_set_shutdown(connection, SSL_SENT_SHUTDOWN);
        SSL_free(connection);
    }
};

using tls_end = std::unique_ptr<SSL, free_tls>;

// What OpenSSL says about the oldest error of this thread, which it forgets.
[[nodiscard]] std::string tls_reason();

class tls_client
{
public:
    explicit tls_client(std::string_view certificate); // "ecdsa" or "rsa"

    // What --tls names; null where the run speaks plainly.
    [[nodiscard]] static std::unique_ptr<tls_client> of(arguments& options);

    // A connection that has said nothing yet. fd is the caller's and outlives it. Where `got_ticket` is
    // given, it becomes true once the server's ticket is there.
    [[nodiscard]] tls_end connect(int fd, bool* got_ticket = nullptr) const;

    void resume(); // every later connection, from the first ticket that came; throws when none did
    // Throws unless the finished handshake is what the run is about.
    void verify(const tls_end& done) const;

private:
    static int take_ticket(SSL* connection, SSL_SESSION* session);

    std::unique_ptr<SSL_CTX, free_tls> context_;
    std::unique_ptr<SSL_SESSION, free_tls> session_;
    bool resumes_ = false;
};

} // namespace fairlead::bench
