#include "tls/ticket_sealing.hpp"

#include "test/tls/meeting.hpp"
#include "test/tls/serving.hpp"
#include "tls/handshake_facts.hpp"

#include <doctest/doctest.h>

#include <ctime>
#include <memory>

namespace fairlead::tls {

using tls_test::as_certificate;
using tls_test::authority;
using tls_test::fresh_keys;
using tls_test::issue;
using tls_test::leaf_for;
using tls_test::meet;
using tls_test::plain_client;
using tls_test::serving;

TEST_SUITE("ticket_sealing")
{
    TEST_CASE("a session is resumed by any context with the same keys, in TLS 1.2 and 1.3")
    {
        const auto keys = fresh_keys();
        const auto certificate = as_certificate(leaf_for("a.example"));
        const auto first = serving({.certificates = {certificate}, .tickets = keys});
        const auto second = serving({.certificates = {certificate}, .tickets = keys});
        const auto stranger = serving({.certificates = {certificate}, .tickets = fresh_keys()});
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            const plain_client client;
            SSL_CTX_set_max_proto_version(client.context.get(), version);
            const auto before = meet(client.to("a.example"), first->native());
            REQUIRE(before.is_done());
            CHECK_FALSE(read_handshake(*before.server).is_resumed);
            std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(
                SSL_get1_session(before.client.get()), SSL_SESSION_free);
            const auto resume = [&](SSL* ssl) { SSL_set_session(ssl, session.get()); };
            CHECK(read_handshake(*meet(client.to("a.example", resume), second->native()).server).is_resumed);
            const auto full = meet(client.to("a.example", resume), stranger->native());
            CHECK(full.is_done());
            CHECK_FALSE(read_handshake(*full.server).is_resumed);
        }
    }

    TEST_CASE("a session of a listener without client verification is not resumed at one with it")
    {
        const auto keys = fresh_keys();
        const auto certificate = as_certificate(leaf_for("a.example"));
        const auto open = serving({.certificates = {certificate}, .tickets = keys});
        const auto closed = serving({.certificates = {certificate},
                                     .client_auth = client_auth::optional,
                                     .client_ca = authority().pem(),
                                     .tickets = keys});
        const plain_client client;
        const auto before = meet(client.to("a.example"), open->native());
        std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(
            SSL_get1_session(before.client.get()), SSL_SESSION_free);
        const auto resume = [&](SSL* ssl) { SSL_set_session(ssl, session.get()); };
        const auto after = meet(client.to("a.example", resume), closed->native());
        CHECK(after.is_done());
        CHECK_FALSE(read_handshake(*after.server).is_resumed);
    }

    TEST_CASE("a session without a certificate does not open a listener that requires one")
    {
        const auto keys = fresh_keys();
        const auto clients = issue({.name = "Client CA", .is_ca = true});
        const auto certificate = as_certificate(leaf_for("a.example"));
        const auto asking = [&](client_auth how) {
            return serving({.certificates = {certificate},
                            .client_auth = how,
                            .client_ca = clients.pem(),
                            .tickets = keys});
        };
        const auto optional = asking(client_auth::optional);
        const auto required = asking(client_auth::required);
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            const plain_client client;
            SSL_CTX_set_max_proto_version(client.context.get(), version);
            const auto before = meet(client.to("a.example"), optional->native());
            REQUIRE(before.is_done());
            std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(
                SSL_get1_session(before.client.get()), SSL_SESSION_free);
            const auto resume = [&](SSL* ssl) { SSL_set_session(ssl, session.get()); };
            CHECK(read_handshake(
                      *meet(client.to("a.example", resume), asking(client_auth::optional)->native()).server)
                      .is_resumed);
            const auto after = meet(client.to("a.example", resume), required->native());
            REQUIRE(after.server_failure);
            CHECK(after.server_failure->what == fault::client_certificate_missing);
        }
    }

    TEST_CASE("a session outlives no client's certificate: it is judged anew")
    {
        const auto clients = issue({.name = "Client CA", .is_ca = true, .from_days = -30});
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example"))},
                                   .client_auth = client_auth::required,
                                   .client_ca = clients.pem(),
                                   .tickets = fresh_keys()});
        for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
            for (const int until_days : {-2, 20}) {
                const auto device = issue({.from_days = -20, .until_days = until_days}, &clients);
                const plain_client client;
                SSL_CTX_set_max_proto_version(client.context.get(), version);
                SSL_CTX_use_certificate(client.context.get(), device.certificate.get());
                SSL_CTX_use_PrivateKey(client.context.get(), device.key.get());
                ssl_handle server(SSL_new(made->native()));
                X509_VERIFY_PARAM_set_time(SSL_get0_param(server.get()), ::time(nullptr) - 10 * 86'400L);
                const auto before = meet(client.to("a.example"), std::move(server));
                REQUIRE(before.is_done());
                std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> session(
                    SSL_get1_session(before.client.get()), SSL_SESSION_free);
                const auto after =
                    meet(client.to("a.example", [&](SSL* ssl) { SSL_set_session(ssl, session.get()); }),
                         made->native());
                CHECK(after.is_done() == (until_days > 0));
                CHECK((SSL_session_reused(after.server.get()) == 1) == (until_days > 0));
                if (until_days > 0) continue;
                REQUIRE(after.server_failure);
                CHECK(after.server_failure->what == fault::expired);
            }
        }
    }

    TEST_CASE("without keys there are no tickets")
    {
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example"))}});
        const plain_client client;
        const auto at = meet(client.to("a.example"), made->native());
        CHECK(SSL_SESSION_has_ticket(SSL_get0_session(at.client.get())) == 0);
    }
}

} // namespace fairlead::tls
