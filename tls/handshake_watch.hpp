// Notes, while OpenSSL shakes hands, what is needed to go on without it: the two application traffic secrets
// of TLS 1.3 and how many records they have protected so far.
//
// OpenSSL gives the secrets to a key log alone (SSL_CTX_set_keylog_callback(3)), so a context has to hand its
// lines to note_secret(); records and Finished messages come by the message callback. Nothing is written
// anywhere, and what was noted is wiped with the watch. Where a context does not take part, there was a
// KeyUpdate already, or it is another version, is_complete() is false and OpenSSL goes on.
//
// Where a context wants it (hold_slow_hellos()), a server stops between a client's hello and its answer when
// the signature in that will be one of RSA, so that another thread may compute it: SSL_do_handshake() ends
// with SSL_ERROR_WANT_CLIENT_HELLO_CB then, and goes on when it is called again.
//
// Thread: its SSL's. Lifetime: outlives the SSL, or is let go by forget().
#pragma once

#include "tls/traffic_keys.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>

struct ssl_st;
struct ssl_ctx_st;

namespace fairlead::tls {

class handshake_watch
{
public:
    explicit handshake_watch(ssl_st& ssl) noexcept; // before its handshake
    handshake_watch(const handshake_watch&) = delete;
    handshake_watch& operator=(const handshake_watch&) = delete;
    ~handshake_watch();

    // Lets the SSL go on unwatched.
    void forget() noexcept;

    // For a context's key log: `line` as the callback has it.
    static void note_secret(const ssl_st& ssl, const char* line) noexcept;
    // For a context whose certificates let the client choose between RSA and what is quick.
    static void hold_slow_hellos(ssl_ctx_st& context) noexcept;
    bool holds_hello() const noexcept { return holds_hello_; }

    // For a context that has no key log of its own.
    static void collect(ssl_ctx_st& context) noexcept;

    struct direction
    {
        std::array<std::uint8_t, 48> secret{};
        std::size_t size = 0;      // 0: it is not known
        std::uint64_t records = 0; // since its Finished
        bool is_finished = false;
    };

    // The suite, when all is known and nothing stands against going on without OpenSSL.
    std::optional<cipher_suite> is_complete() const noexcept;
    const direction& sent() const noexcept { return is_server_ ? servers_ : clients_; }
    const direction& received() const noexcept { return is_server_ ? clients_ : servers_; }

private:
    static int on_hello(ssl_st* ssl, int* alert, void* argument);
    static void on_message(int is_sent, int version, int type, const void* bytes, std::size_t size,
                           ssl_st* ssl, void* watch);

    ssl_st* ssl_;
    direction clients_;
    direction servers_;
    bool is_server_;
    bool has_updated_ = false;
    bool holds_hello_ = false;
};

} // namespace fairlead::tls
