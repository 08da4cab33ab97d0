// A client's and a server's SSL that shake hands in memory.
#pragma once

#include "tls/fault.hpp"
#include "tls/handles.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

namespace fairlead::tls_test {

struct meeting
{
    tls::ssl_handle client;
    tls::ssl_handle server;
    std::optional<tls::failure> client_failure;
    std::optional<tls::failure> server_failure;

    bool is_done() const { return !client_failure && !server_failure; }
};

// One step; false when that side is finished or has failed.
inline bool step(SSL* ssl, std::optional<tls::failure>& failed)
{
    if (failed) return false;
    ERR_clear_error();
    const int result = SSL_is_init_finished(ssl) ? 1 : SSL_do_handshake(ssl);
    if (result == 1) return false;
    const int error = SSL_get_error(ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    failed = tls::failure_of(*ssl, error, errno, true);
    return false;
}

inline void connect_in_memory(SSL* client, SSL* server)
{
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 1 << 18, &other, 1 << 18);
    SSL_set_bio(client, one, one);
    SSL_set_bio(server, other, other);
}

// Also reads once at the client, where the tickets of TLS 1.3, or a refusal, come behind the handshake.
inline meeting meet(tls::ssl_handle client, tls::ssl_handle server)
{
    meeting out{std::move(client), std::move(server), {}, {}};
    SSL_set_accept_state(out.server.get());
    connect_in_memory(out.client.get(), out.server.get());
    for (int turn = 0; turn < 20; ++turn) {
        step(out.client.get(), out.client_failure);
        step(out.server.get(), out.server_failure);
    }
    if (!out.client_failure && SSL_is_init_finished(out.client.get())) {
        char byte = 0;
        const int result = SSL_read(out.client.get(), &byte, 1);
        const int error = SSL_get_error(out.client.get(), result);
        if (result <= 0 && error != SSL_ERROR_WANT_READ)
            out.client_failure = tls::failure_of(*out.client, error, errno, false);
    }
    return out;
}

inline meeting meet(tls::ssl_handle client, SSL_CTX* server_context)
{
    return meet(std::move(client), tls::ssl_handle(SSL_new(server_context)));
}

} // namespace fairlead::tls_test
