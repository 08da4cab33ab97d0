// Two ends of TLS for tests: contexts with a certificate that is made on the spot, for "test.example", and an
// OpenSSL of the test's own that speaks over memory, so that the test decides which bytes are on the wire
// when.
#pragma once

#include "tls/connection.hpp"

#include <doctest/doctest.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::test {

struct openssl_free
{
    void operator()(X509* which) const { X509_free(which); }
    void operator()(EVP_PKEY* which) const { EVP_PKEY_free(which); }
};

// A server's context with a fresh self-signed ECDSA certificate.
inline tls::ssl_ctx_handle make_server_context(int version = TLS1_3_VERSION)
{
    const std::unique_ptr<EVP_PKEY, openssl_free> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, openssl_free> made(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3'600);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(made.get());
    const auto* const host = reinterpret_cast<const unsigned char*>("test.example");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    REQUIRE(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
    tls::ssl_ctx_handle out(SSL_CTX_new(TLS_server_method()));
    REQUIRE(SSL_CTX_use_certificate(out.get(), made.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(out.get(), key.get()) == 1);
    SSL_CTX_set_min_proto_version(out.get(), TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(out.get(), version);
    SSL_CTX_set_options(out.get(), SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_num_tickets(out.get(), 1);
    tls::handshake_watch::collect(*out);
    return out;
}

// A client's, which trusts everybody.
inline tls::ssl_ctx_handle make_client_context()
{
    tls::ssl_ctx_handle out(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(out.get(), TLS1_2_VERSION);
    tls::handshake_watch::collect(*out);
    return out;
}

inline tls::ssl_handle accepting(SSL_CTX& by)
{
    tls::ssl_handle out(SSL_new(&by));
    SSL_set_accept_state(out.get());
    return out;
}

inline tls::ssl_handle connecting(SSL_CTX& by)
{
    tls::ssl_handle out(SSL_new(&by));
    SSL_set_connect_state(out.get());
    return out;
}

// The test's end of a TLS connection over a descriptor of the test's own. Nothing is written or read but by
// its calls.
class tls_peer
{
public:
    tls_peer(tls::ssl_handle ssl, int fd)
        : ssl_(std::move(ssl))
        , fd_(fd)
    {
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), -1);
    }

    SSL* ssl() { return ssl_.get(); }
    int fd() const { return fd_; }

    // What OpenSSL wants to send, without sending it.
    std::string records()
    {
        std::string out;
        std::array<char, 65536> block;
        for (int n; (n = BIO_read(SSL_get_wbio(ssl_.get()), block.data(), block.size())) > 0;)
            out.append(block.data(), static_cast<std::size_t>(n));
        return out;
    }
    std::string seal(std::string_view bytes)
    {
        REQUIRE(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
                static_cast<int>(bytes.size()));
        return records();
    }
    std::string seal_goodbye()
    {
        SSL_shutdown(ssl_.get());
        return records();
    }
    void put_raw(std::string_view records)
    {
        REQUIRE(::send(fd_, records.data(), records.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(records.size()));
    }
    void put(std::string_view bytes) { put_raw(seal(bytes)); }

    // Takes what is on the descriptor; whether it is open.
    bool fetch()
    {
        std::array<char, 65536> block;
        for (;;) {
            const ssize_t n = ::recv(fd_, block.data(), block.size(), MSG_DONTWAIT);
            if (n <= 0) return n < 0;
            wire_bytes_ += static_cast<std::size_t>(n);
            BIO_write(SSL_get_rbio(ssl_.get()), block.data(), static_cast<int>(n));
        }
    }

    // What came; "<closed>" for a close_notify, "<end>" for the end of TCP, "<error>" for what TLS refuses.
    std::string take()
    {
        const bool is_open = fetch();
        std::string out;
        std::array<char, 65536> block;
        for (;;) {
            const int n = SSL_read(ssl_.get(), block.data(), block.size());
            if (n > 0) {
                out.append(block.data(), static_cast<std::size_t>(n));
                records_.push_back(static_cast<std::size_t>(n));
                continue;
            }
            const int why = SSL_get_error(ssl_.get(), n);
            if (why == SSL_ERROR_ZERO_RETURN)
                out += "<closed>";
            else if (why != SSL_ERROR_WANT_READ)
                out += "<error>";
            return is_open ? out : out + "<end>";
        }
    }

    void take_tickets()
    {
        fetch();
        std::uint8_t none = 0;
        (void)SSL_peek(ssl_.get(), &none, 1);
    }

    // One step of the handshake; whether it is over.
    bool step()
    {
        fetch();
        const bool is_over = SSL_do_handshake(ssl_.get()) == 1;
        const std::string out = records();
        if (!out.empty()) put_raw(out);
        return is_over;
    }

    const std::vector<std::size_t>& record_sizes() const { return records_; } // of what was taken
    std::size_t wire_bytes() const { return wire_bytes_; }

private:
    tls::ssl_handle ssl_;
    int fd_;
    std::vector<std::size_t> records_;
    std::size_t wire_bytes_ = 0;
};

inline void shake_hands(tls::connection& ours, tls_peer& theirs)
{
    for (int i = 0; i < 20; ++i) {
        const tls::io_state state = ours.handshake().state;
        const bool is_over = theirs.step();
        REQUIRE(state != tls::io_state::failed);
        if (state == tls::io_state::done && is_over) return;
    }
    FAIL("the handshake does not end");
}

} // namespace fairlead::test
