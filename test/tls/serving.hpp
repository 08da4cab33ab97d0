// Servers' contexts of any options, and clients that are not ours.
#pragma once

#include "test/tls/issuing.hpp"
#include "tls/server_context.hpp"

#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace fairlead::tls_test {

inline std::shared_ptr<const tls::certificate> as_certificate(const issued& from,
                                                              const std::string& ocsp = {})
{
    const std::string chain = from.pem();
    const std::string key = from.key_pem();
    return *tls::certificate::read({chain, key, ocsp}, std::chrono::system_clock::now());
}

inline const issued& authority()
{
    static const issued made = issue({.name = "CA", .is_ca = true});
    return made;
}

inline issued leaf_for(const std::string& name, bool is_rsa = false)
{
    return issue({.name = name, .alternatives = "DNS:" + name, .is_rsa = is_rsa}, &authority());
}

inline std::shared_ptr<const tls::server_context> serving(tls::server_options options)
{
    auto made = tls::server_context::build(options);
    REQUIRE_MESSAGE(made.has_value(), made.error().front());
    return *made;
}

inline std::shared_ptr<tls::ticket_keys> fresh_keys()
{
    return std::make_shared<tls::ticket_keys>(std::chrono::hours(1), tls::ticket_keys::clock::now());
}

// A client as others are: from OpenSSL itself, so that it may be anything.
struct plain_client
{
    tls::ssl_ctx_handle context{SSL_CTX_new(TLS_client_method())};

    tls::ssl_handle to(const char* name, const std::function<void(SSL*)>& prepare = {}) const
    {
        tls::ssl_handle ssl(SSL_new(context.get()));
        SSL_set_connect_state(ssl.get());
        if (name != nullptr) SSL_set_tlsext_host_name(ssl.get(), name);
        if (prepare) prepare(ssl.get());
        return ssl;
    }
};

} // namespace fairlead::tls_test
