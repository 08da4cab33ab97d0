#include "bench/load/tls_client.hpp"

#include <openssl/err.h>

#include <stdexcept>

namespace fairlead::bench {

namespace {

constexpr const char* cipher = "TLS_AES_128_GCM_SHA256";
constexpr const char* group = "X25519";
constexpr const char* server_name = "bench.example"; // as in the certificates that run.py makes

void require(int done, const char* what)
{
    if (done != 1) throw std::runtime_error{std::string{what} + ": " + tls_reason()};
}

const char* signatures_of(std::string_view certificate)
{
    if (certificate == "ecdsa") return "ecdsa_secp256r1_sha256";
    if (certificate == "rsa") return "rsa_pss_rsae_sha256:rsa_pkcs1_sha256"; // the second within certificates
    throw std::invalid_argument{"--tls must be ecdsa or rsa, got " + std::string{certificate}};
}

} // namespace

std::string tls_reason()
{
    const char* const reason = ERR_reason_error_string(ERR_get_error());
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

tls_client::tls_client(std::string_view certificate)
    : context_{SSL_CTX_new(TLS_client_method())}
{
    if (!context_) throw std::runtime_error{"SSL_CTX_new: " + tls_reason()};
    SSL_CTX* const context = context_.get();
    require(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION), "TLS 1.3");
    require(SSL_CTX_set_ciphersuites(context, cipher), cipher);
    require(static_cast<int>(SSL_CTX_set1_groups_list(context, group)), group);
    require(static_cast<int>(SSL_CTX_set1_sigalgs_list(context, signatures_of(certificate))), "signatures");
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF); // WebSocket's Close says what was the end
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_sess_set_new_cb(context, &tls_client::take_ticket);
}

std::unique_ptr<tls_client> tls_client::of(arguments& options)
{
    const auto certificate = options.texts("--tls");
    return certificate.empty() ? nullptr : std::make_unique<tls_client>(certificate.back());
}

tls_end tls_client::connect(int fd, bool* got_ticket) const
{
    tls_end made{SSL_new(context_.get())};
    if (!made) throw std::runtime_error{"SSL_new: " + tls_reason()};
    require(SSL_set_fd(made.get(), fd), "SSL_set_fd");
    require(static_cast<int>(SSL_set_tlsext_host_name(made.get(), server_name)), "SNI");
    if (resumes_) {
        // A copy, because OpenSSL offers a session object once only; the servers take a ticket many times.
        const std::unique_ptr<SSL_SESSION, free_tls> offered{SSL_SESSION_dup(session_.get())};
        require(SSL_set_session(made.get(), offered.get()), "SSL_set_session");
    }
    SSL_set_app_data(made.get(), got_ticket);
    SSL_set_connect_state(made.get());
    return made;
}

void tls_client::resume()
{
    if (!session_) throw std::runtime_error{"the server sent no ticket"};
    resumes_ = true;
}

void tls_client::verify(const tls_end& done) const
{
    if ((SSL_session_reused(done.get()) != 0) != resumes_)
        throw std::runtime_error{resumes_ ? "a session was not resumed" : "a handshake was not a full one"};
    if (std::string_view{SSL_get_cipher_name(done.get())} != cipher)
        throw std::runtime_error{"another cipher than the run asks for"};
}

// OpenSSL's callback: 1 keeps the session, which is ours then.
int tls_client::take_ticket(SSL* connection, SSL_SESSION* session)
{
    auto& self = *static_cast<tls_client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
    if (auto* const got = static_cast<bool*>(SSL_get_app_data(connection))) *got = true;
    if (self.session_) return 0;
    self.session_.reset(session);
    return 1;
}

} // namespace fairlead::bench
