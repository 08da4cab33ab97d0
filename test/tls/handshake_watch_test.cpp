#include "tls/handshake_watch.hpp"

#include "test/support/tls_ends.hpp"

#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <functional>
#include <string>

using namespace fairlead;
using test::bytes_of;
using test::pair_of_ends;

namespace {

using setting = std::function<void(pair_of_ends&)>;

// Both parts go on alone after every kind of handshake, and understand each other's OpenSSL.
void go_on_after(const setting& prepare)
{
    for (const auto part : {pair_of_ends::part::server, pair_of_ends::part::client}) {
        pair_of_ends at(TLS1_3_VERSION, part);
        prepare(at);
        test::shake_hands(*at.ours, *at.theirs);
        REQUIRE(at.ours->go_on_alone());
        for (int i = 0; i < 3; ++i) {
            CHECK(at.ours->write(bytes_of("ours")).state == tls::io_state::done);
            CHECK(at.theirs->take() == "ours");
            at.theirs->put("theirs");
            CHECK(at.read().first == "theirs");
        }
    }
}

SSL* server_of(pair_of_ends& at)
{
    return SSL_is_server(at.ours->ssl()) == 1 ? at.ours->ssl() : at.theirs->ssl();
}
SSL* client_of(pair_of_ends& at)
{
    return SSL_is_server(at.ours->ssl()) == 1 ? at.theirs->ssl() : at.ours->ssl();
}

} // namespace

TEST_CASE("with any number of session tickets")
{
    for (const std::size_t tickets : {0UL, 1UL, 2UL, 7UL})
        go_on_after([&](pair_of_ends& at) { SSL_set_num_tickets(server_of(at), tickets); });
}

TEST_CASE("with each suite")
{
    for (const char* suite :
         {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"})
        go_on_after([&](pair_of_ends& at) { SSL_set_ciphersuites(client_of(at), suite); });
}

TEST_CASE("after a second ClientHello (RFC 8446 4.1.4)")
{
    go_on_after([](pair_of_ends& at) { SSL_set1_groups_list(server_of(at), "P-384"); });
}

TEST_CASE("with a client that sends no empty ChangeCipherSpec")
{
    go_on_after([](pair_of_ends& at) { SSL_clear_options(client_of(at), SSL_OP_ENABLE_MIDDLEBOX_COMPAT); });
}

TEST_CASE("with a certificate of the client's")
{
    go_on_after([](pair_of_ends& at) {
        SSL_CTX* const context = SSL_get_SSL_CTX(server_of(at));
        SSL_use_certificate(client_of(at), SSL_CTX_get0_certificate(context));
        SSL_use_PrivateKey(client_of(at), SSL_CTX_get0_privatekey(context));
        SSL_set_verify(server_of(at), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    });
}

TEST_CASE("with a session that is resumed")
{
    SSL_SESSION* session = nullptr;
    tls::ssl_ctx_handle servers = test::make_server_context();
    tls::ssl_ctx_handle clients = test::make_client_context();
    for (int round = 0; round < 2; ++round) {
        std::array<int, 2> fds{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
        tls::wire way;
        tls::connection ours(test::accepting(*servers), fds[0], way);
        test::tls_peer theirs(test::connecting(*clients), fds[1]);
        if (session != nullptr) SSL_set_session(theirs.ssl(), session);
        test::shake_hands(ours, theirs);
        CHECK(SSL_session_reused(theirs.ssl()) == round);
        REQUIRE(ours.go_on_alone());
        CHECK(ours.write(bytes_of("ours")).state == tls::io_state::done);
        CHECK(theirs.take() == "ours");
        SSL_SESSION_free(session);
        session = SSL_get1_session(theirs.ssl());
        SSL_set_shutdown(theirs.ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        ::close(fds[0]);
        ::close(fds[1]);
    }
    SSL_SESSION_free(session);
}

TEST_CASE("in the middle of a stream, with tickets seen and data half read")
{
    pair_of_ends at(TLS1_3_VERSION, pair_of_ends::part::client);
    test::shake_hands(*at.ours, *at.theirs);
    at.theirs->put("the first of the record, and the rest");
    CHECK(at.read(9).first == "the first");
    CHECK(at.ours->write(bytes_of("asked")).state == tls::io_state::done);
    const std::string late = at.theirs->seal("later");
    at.theirs->put_raw(late.substr(0, 10));
    REQUIRE(at.ours->go_on_alone());
    CHECK(at.ours->has_buffered());
    CHECK(at.ours->peek() == tls::io_state::done);
    CHECK(at.read(4).first == " of ");
    CHECK(at.read().first == "the record, and the rest");
    CHECK_FALSE(at.ours->has_buffered());
    at.theirs->put_raw(late.substr(10));
    CHECK(at.read().first == "later");
    CHECK(at.ours->write(bytes_of(" again")).state == tls::io_state::done);
    CHECK(at.theirs->take() == "asked again");
}

TEST_CASE("but not after a change of keys, nor before the end of the handshake, nor without the secrets")
{
    pair_of_ends at;
    SUBCASE("a change of keys")
    {
        test::shake_hands(*at.ours, *at.theirs);
        REQUIRE(SSL_key_update(at.theirs->ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        at.theirs->put("changed");
        CHECK(at.read().first == "changed");
    }
    SUBCASE("in the handshake") { at.theirs->step(); }
    SUBCASE("a context that does not tell")
    {
        SSL_CTX_set_keylog_callback(at.servers.get(), nullptr);
        test::shake_hands(*at.ours, *at.theirs);
    }
    CHECK_FALSE(at.ours->go_on_alone());
    CHECK(at.ours->ssl() != nullptr);
    test::shake_hands(*at.ours, *at.theirs);
    at.theirs->put("goes on");
    CHECK(at.read().first == "goes on");
}
