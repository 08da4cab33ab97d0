#include "test/tls/serving.hpp"
#include "tls/connection.hpp"

#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>

#include <sys/socket.h>
#include <unistd.h>

using namespace fairlead::tls_test;
namespace tls = fairlead::tls;
using tls::io_state;

namespace {

// A server's connection as a listener makes it, and OpenSSL's client at the other end.
struct greeting
{
    greeting(const tls::server_context& by, const char* algorithms, int version = TLS1_3_VERSION)
    {
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
        ours = tls::connection::accept(by, fds[0], way);
        theirs = client.to("a.example", [&](SSL* ssl) {
            SSL_set1_sigalgs_list(ssl, algorithms);
            SSL_set_max_proto_version(ssl, version);
        });
        SSL_set_fd(theirs.get(), fds[1]);
        SSL_do_handshake(theirs.get());
    }
    ~greeting()
    {
        ::close(fds[0]);
        ::close(fds[1]);
    }

    bool has_answer() const
    {
        char byte = 0;
        return ::recv(fds[1], &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
    }
    bool finishes()
    {
        for (int turn = 0; turn < 10; ++turn) {
            if (SSL_do_handshake(theirs.get()) == 1 && ours->handshake().state == io_state::done) return true;
            (void)ours->handshake();
        }
        return false;
    }

    std::array<int, 2> fds{};
    tls::wire way;
    plain_client client;
    std::unique_ptr<tls::connection> ours;
    tls::ssl_handle theirs;
};

std::shared_ptr<const tls::server_context> both_kinds()
{
    return serving({.certificates = {as_certificate(leaf_for("a.example", false)),
                                     as_certificate(leaf_for("a.example", true))}});
}

} // namespace

TEST_CASE("a client that wants RSA is held before the signature, which is then a long step")
{
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        CAPTURE(version);
        greeting at(*both_kinds(), "RSA-PSS+SHA256:ECDSA+SHA256", version);
        CHECK_FALSE(at.ours->has_long_step());
        CHECK(at.ours->handshake_to_signature().state == io_state::want_turn);
        CHECK(at.ours->has_long_step());
        CHECK_FALSE(at.has_answer());
        CHECK_FALSE(at.ours->take_in());
        tls::wire aside(tls::wire::reach::nowhere);
        CHECK(at.ours->hand_out(at.ours->compute(aside)).state == io_state::want_read);
        CHECK(at.has_answer());
        CHECK_FALSE(at.ours->has_long_step());
        CHECK(at.finishes());
    }
}

TEST_CASE("a client that wants ECDSA is answered in the same step")
{
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        CAPTURE(version);
        greeting at(*both_kinds(), "ECDSA+SHA256:RSA-PSS+SHA256", version);
        CHECK(at.ours->handshake_to_signature().state == io_state::want_read);
        CHECK(at.has_answer());
        CHECK_FALSE(at.ours->has_long_step());
        CHECK(at.finishes());
    }
}

TEST_CASE("who drives a handshake in whole steps need not know of held hellos")
{
    greeting at(*both_kinds(), "RSA-PSS+SHA256");
    CHECK(at.ours->handshake().state == io_state::want_read);
    CHECK(at.has_answer());
    CHECK(at.finishes());
}

TEST_CASE("a second hello, after a HelloRetryRequest, is held as well")
{
    const auto made = both_kinds();
    greeting at(*made, "RSA-PSS+SHA256");
    // The client offers a share of a group that is not the server's favourite, and none of that one.
    tls::ssl_handle retried = at.client.to("a.example", [](SSL* ssl) {
        SSL_set1_sigalgs_list(ssl, "RSA-PSS+SHA256");
        SSL_set1_groups_list(ssl, "P-521:X25519");
    });
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
    SSL_CTX_set1_groups_list(made->native(), "X25519");
    auto ours = tls::connection::accept(*made, fds[0], at.way);
    SSL_set_fd(retried.get(), fds[1]);
    SSL_do_handshake(retried.get());
    CHECK(ours->handshake_to_signature().state == io_state::want_turn);
    CHECK(ours->handshake_to_signature().state == io_state::want_read); // the HelloRetryRequest
    SSL_do_handshake(retried.get());
    CHECK(ours->handshake_to_signature().state == io_state::want_turn);
    CHECK(ours->has_long_step());
    CHECK(ours->handshake().state == io_state::want_read);
    CHECK(SSL_do_handshake(retried.get()) == 1);
    CHECK(ours->handshake().state == io_state::done);
    ::close(fds[0]);
    ::close(fds[1]);
}

TEST_CASE("with certificates of one kind nothing is held: RSA is long from the first step, others never are")
{
    const auto rsa = serving({.certificates = {as_certificate(leaf_for("a.example", true))}});
    CHECK(rsa->signs() == tls::signing::slow);
    greeting slow(*rsa, "RSA-PSS+SHA256");
    CHECK(slow.ours->has_long_step());
    CHECK(slow.finishes());
    const auto ecdsa = serving({.certificates = {as_certificate(leaf_for("a.example", false))}});
    CHECK(ecdsa->signs() == tls::signing::quick);
    greeting quick(*ecdsa, "RSA-PSS+SHA256:ECDSA+SHA256");
    CHECK_FALSE(quick.ours->has_long_step());
    CHECK(quick.ours->handshake_to_signature().state == io_state::want_read);
    CHECK(quick.finishes());
}

TEST_CASE("a name that has RSA alone makes all hellos long, as the name is not known before")
{
    const auto made = serving({.certificates = {as_certificate(leaf_for("a.example", false)),
                                                as_certificate(leaf_for("b.example", true))}});
    CHECK(made->signs() == tls::signing::slow);
}
