#include "tls/server_context.hpp"

#include "tls/client_context.hpp"
#include "tls/handshake_facts.hpp"
#include "test/tls/issuing.hpp"
#include "test/tls/meeting.hpp"
#include "test/tls/serving.hpp"

#include <doctest/doctest.h>

namespace fairlead::tls {
namespace {

using tls_test::as_certificate;
using tls_test::authority;
using tls_test::fresh_keys;
using tls_test::issue;
using tls_test::issued;
using tls_test::leaf_for;
using tls_test::meet;
using tls_test::meeting;
using tls_test::plain_client;
using tls_test::serving;

std::string shown_to(const meeting& at)
{
    const X509* shown = SSL_get0_peer_certificate(at.client.get());
    return shown == nullptr ? "" : common_name_of(*shown);
}

} // namespace

TEST_SUITE("server_context")
{
    TEST_CASE("the name that the client asks for chooses the certificate; the first is the default")
    {
        const auto made = serving({.certificates = {as_certificate(leaf_for("one.example")),
                                                    as_certificate(leaf_for("*.two.example"))}});
        const plain_client client;
        CHECK(shown_to(meet(client.to("one.example"), made->native())) == "one.example");
        CHECK(shown_to(meet(client.to("a.two.example"), made->native())) == "*.two.example");
        CHECK(shown_to(meet(client.to("other.example"), made->native())) == "one.example");
        CHECK(shown_to(meet(client.to(nullptr), made->native())) == "one.example");
    }

    TEST_CASE("with strict_sni an unknown name, or none, is refused as unrecognized_name")
    {
        const auto made =
            serving({.certificates = {as_certificate(leaf_for("one.example"))}, .strict_sni = true});
        const plain_client client;
        CHECK(meet(client.to("one.example"), made->native()).is_done());
        for (const char* name : {"other.example", static_cast<const char*>(nullptr)}) {
            const auto refused = meet(client.to(name), made->native());
            REQUIRE(refused.server_failure);
            CHECK(refused.server_failure->what == fault::unknown_name);
            REQUIRE(refused.client_failure);
            CHECK(refused.client_failure->what == fault::unknown_name);
        }
    }

    TEST_CASE("ECDSA and RSA stand side by side: who cannot verify one gets the other")
    {
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example", false)),
                                                    as_certificate(leaf_for("a.example", true))}});
        const plain_client client;
        const auto kind_for = [&](const char* algorithms) {
            const auto at =
                meet(client.to("a.example", [&](SSL* ssl) { SSL_set1_sigalgs_list(ssl, algorithms); }),
                     made->native());
            REQUIRE(at.is_done());
            return EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(at.client.get())));
        };
        CHECK(kind_for("ECDSA+SHA256") == EVP_PKEY_EC);
        CHECK(kind_for("RSA-PSS+SHA256") == EVP_PKEY_RSA);
    }

    TEST_CASE("TLS 1.1 finds no shared version, and TLS 1.2 none with the modern profile")
    {
        const auto certificate = as_certificate(leaf_for("a.example"));
        const auto try_version = [&](const server_context& with, int version) {
            const plain_client client;
            SSL_CTX_set_security_level(client.context.get(), 0);
            return meet(client.to("a.example",
                                  [&](SSL* ssl) {
                                      SSL_set_min_proto_version(ssl, version);
                                      SSL_set_max_proto_version(ssl, version);
                                  }),
                        with.native());
        };
        const auto intermediate = serving({.certificates = {certificate}});
        REQUIRE(try_version(*intermediate, TLS1_1_VERSION).server_failure);
        CHECK(try_version(*intermediate, TLS1_1_VERSION).server_failure->what == fault::no_shared_version);
        CHECK(try_version(*intermediate, TLS1_2_VERSION).is_done());
        CHECK(try_version(*intermediate, TLS1_3_VERSION).is_done());
        for (const protocol_options& only_1_3 : {protocol_options{.profile = profile::modern},
                                                 protocol_options{.min_version = protocol_version::tls_1_3}})
        {
            const auto modern = serving({.certificates = {certificate}, .protocol = only_1_3});
            REQUIRE(try_version(*modern, TLS1_2_VERSION).server_failure);
            CHECK(try_version(*modern, TLS1_2_VERSION).server_failure->what == fault::no_shared_version);
            CHECK(try_version(*modern, TLS1_3_VERSION).is_done());
        }
    }

    TEST_CASE("the ciphers are Mozilla's intermediate ones, and no others")
    {
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example", true))}});
        const ssl_handle ssl(SSL_new(made->native()));
        std::vector<std::string> names;
        const auto* ciphers = SSL_get_ciphers(ssl.get());
        for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i)
            names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
        CHECK(names ==
              std::vector<std::string>{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                       "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
                                       "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                       "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
                                       "ECDHE-RSA-CHACHA20-POLY1305", "DHE-RSA-AES128-GCM-SHA256",
                                       "DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-CHACHA20-POLY1305"});
        const plain_client client;
        const auto with_dhe = meet(client.to("a.example",
                                             [](SSL* one) {
                                                 SSL_set_max_proto_version(one, TLS1_2_VERSION);
                                                 SSL_set_cipher_list(one, "DHE-RSA-AES128-GCM-SHA256");
                                             }),
                                   made->native());
        CHECK(with_dhe.is_done());
        const auto with_cbc = meet(client.to("a.example",
                                             [](SSL* one) {
                                                 SSL_set_max_proto_version(one, TLS1_2_VERSION);
                                                 SSL_set_cipher_list(one, "ECDHE-RSA-AES128-SHA");
                                             }),
                                   made->native());
        REQUIRE(with_cbc.server_failure);
        CHECK(with_cbc.server_failure->what == fault::no_shared_cipher);
    }

    TEST_CASE("ALPN chooses http/1.1; who offers only others is refused (RFC 7301 3.2)")
    {
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example"))}});
        const plain_client client;
        const auto offering = [&](const std::string& wire) {
            return meet(client.to("a.example",
                                  [&](SSL* ssl) {
                                      SSL_set_alpn_protos(ssl,
                                                          reinterpret_cast<const unsigned char*>(wire.data()),
                                                          static_cast<unsigned>(wire.size()));
                                  }),
                        made->native());
        };
        const auto both = offering("\x02h2\x08http/1.1");
        REQUIRE(both.is_done());
        CHECK(read_handshake(*both.server).protocol == "http/1.1");
        const auto none = offering("\x02h2");
        REQUIRE(none.server_failure);
        CHECK(none.server_failure->what == fault::no_shared_protocol);
        CHECK(none.client_failure->what == fault::no_shared_protocol);
    }

    TEST_CASE("a staple goes to a client that asks for it")
    {
        const auto leaf = leaf_for("a.example");
        const std::string response = tls_test::ocsp_response(leaf, authority(), authority());
        const std::string chain = leaf.pem() + authority().pem();
        const std::string key = leaf.key_pem();
        const auto certificate = *certificate::read({chain, key, response}, std::chrono::system_clock::now());
        const auto made = serving({.certificates = {certificate}});
        const plain_client client;
        const auto at = meet(
            client.to("a.example", [](SSL* ssl) { SSL_set_tlsext_status_type(ssl, TLSEXT_STATUSTYPE_ocsp); }),
            made->native());
        const unsigned char* stapled = nullptr;
        const long size = SSL_get_tlsext_status_ocsp_resp(at.client.get(), &stapled);
        REQUIRE(size > 0);
        CHECK(std::string(reinterpret_cast<const char*>(stapled), static_cast<std::size_t>(size)) ==
              response);
    }

    TEST_CASE("without a certificate, or with a CA text that holds none, nothing is built")
    {
        CHECK(server_context::build({}).error() == std::vector<std::string>{"there is no certificate"});
        const auto bad = server_context::build({.certificates = {as_certificate(leaf_for("a.example"))},
                                                .client_auth = client_auth::required,
                                                .client_ca = "nothing"});
        REQUIRE(bad.has_error());
        CHECK(bad.error().front() == "there is no certificate in PEM among the CAs");
    }

    TEST_CASE("an SSL lives on when its context is gone, with names, tickets and all")
    {
        auto made = serving({.certificates = {as_certificate(leaf_for("one.example")),
                                              as_certificate(leaf_for("two.example"))},
                             .tickets = fresh_keys()});
        const plain_client client;
        ssl_handle server(SSL_new(made->native()));
        made.reset();
        meeting at{client.to("two.example"), std::move(server), {}, {}};
        SSL_set_accept_state(at.server.get());
        tls_test::connect_in_memory(at.client.get(), at.server.get());
        for (int turn = 0; turn < 10; ++turn) {
            tls_test::step(at.client.get(), at.client_failure);
            tls_test::step(at.server.get(), at.server_failure);
        }
        CHECK(at.is_done());
        CHECK(shown_to(at) == "two.example");
    }
}

TEST_SUITE("server_context: clients' certificates")
{
    TEST_CASE("required: none is refused, a good one is told, a foreign one is unknown_ca")
    {
        const auto clients = issue({.name = "Client CA", .is_ca = true});
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example"))},
                                   .client_auth = client_auth::required,
                                   .client_ca = clients.pem()});
        const auto with = [&](const issued* own) {
            const plain_client client;
            if (own != nullptr) {
                SSL_CTX_use_certificate(client.context.get(), own->certificate.get());
                SSL_CTX_use_PrivateKey(client.context.get(), own->key.get());
            }
            return meet(client.to("a.example"), made->native());
        };
        const auto none = with(nullptr);
        REQUIRE(none.server_failure);
        CHECK(none.server_failure->what == fault::client_certificate_missing);
        CHECK(none.client_failure->what == fault::client_certificate_missing);
        const auto device =
            issue({.name = "device 7", .alternatives = "DNS:d7.example,URI:spiffe://example/d7,IP:10.0.0.7"},
                  &clients);
        const auto good = with(&device);
        REQUIRE(good.is_done());
        const auto facts = read_handshake(*good.server);
        REQUIRE(facts.peer);
        CHECK(facts.peer->subject == "CN=device 7,O=Tests");
        CHECK(facts.peer->sans ==
              std::vector<std::string>{"DNS:d7.example", "URI:spiffe://example/d7", "IP:10.0.0.7"});
        CHECK(facts.peer->fingerprint == fingerprint_of(*device.certificate));
        const auto foreign = leaf_for("foreign");
        REQUIRE(with(&foreign).server_failure);
        CHECK(with(&foreign).server_failure->what == fault::unknown_ca);
        const auto old = issue({.from_days = -9, .until_days = -2}, &clients);
        CHECK(with(&old).server_failure->what == fault::expired);
    }

    TEST_CASE("optional: none is fine, one that is shown has to be good")
    {
        const auto clients = issue({.name = "Client CA", .is_ca = true});
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example"))},
                                   .client_auth = client_auth::optional,
                                   .client_ca = clients.pem()});
        const plain_client client;
        const auto none = meet(client.to("a.example"), made->native());
        REQUIRE(none.is_done());
        CHECK_FALSE(read_handshake(*none.server).peer);
        const auto foreign = leaf_for("foreign");
        SSL_CTX_use_certificate(client.context.get(), foreign.certificate.get());
        SSL_CTX_use_PrivateKey(client.context.get(), foreign.key.get());
        CHECK(meet(client.to("a.example"), made->native()).server_failure->what == fault::unknown_ca);
    }

    TEST_CASE("a certificate on the revocation list is revoked; one that is not is good")
    {
        const auto clients = issue({.name = "Client CA", .is_ca = true});
        const auto good = issue({.name = "good"}, &clients);
        const auto bad = issue({.name = "bad"}, &clients);
        const auto made = serving({.certificates = {as_certificate(leaf_for("a.example"))},
                                   .client_auth = client_auth::required,
                                   .client_ca = clients.pem(),
                                   .crl = tls_test::revocation_list(clients, {bad})});
        const auto with = [&](const issued& own) {
            const plain_client client;
            SSL_CTX_use_certificate(client.context.get(), own.certificate.get());
            SSL_CTX_use_PrivateKey(client.context.get(), own.key.get());
            return meet(client.to("a.example"), made->native());
        };
        CHECK(with(good).is_done());
        REQUIRE(with(bad).server_failure);
        CHECK(with(bad).server_failure->what == fault::revoked);
    }
}

} // namespace fairlead::tls
