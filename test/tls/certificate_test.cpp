#include "tls/certificate.hpp"

#include "test/tls/issuing.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace fairlead::tls {
namespace {

using tls_test::issue;
using tls_test::issued;

wall_time now() { return std::chrono::system_clock::now(); }

std::shared_ptr<const certificate> read(const std::string& chain, const std::string& key,
                                        const std::string& ocsp = {})
{
    auto out = certificate::read({chain, key, ocsp}, now());
    REQUIRE_MESSAGE(out.has_value(), out.error().front());
    return *out;
}

std::string error_of(const std::string& chain, const std::string& key)
{
    auto out = certificate::read({chain, key, {}}, now());
    REQUIRE(out.has_error());
    return out.error().front();
}

bool warns(const certificate& of, std::string_view text)
{
    return std::ranges::any_of(of.warnings(),
                               [&](const std::string& each) { return each.find(text) != each.npos; });
}

const issued& root()
{
    static const issued made = issue({.name = "Root", .is_ca = true, .until_days = 3'650});
    return made;
}

const issued& middle()
{
    static const issued made = issue({.name = "Middle", .is_ca = true, .until_days = 1'000}, &root());
    return made;
}

} // namespace

TEST_SUITE("certificate")
{
    TEST_CASE("a chain and its key are read, with names in lower case")
    {
        const auto leaf =
            issue({.name = "a", .alternatives = "DNS:Chat.Example,DNS:*.example.com"}, &middle());
        const auto made = read(leaf.pem() + middle().pem(), leaf.key_pem());
        CHECK(made->names() == std::vector<std::string>{"chat.example", "*.example.com"});
        CHECK(made->subject() == "CN=a,O=Tests");
        CHECK(made->kind() == key_kind::ecdsa);
        CHECK(made->chain().size() == 1);
        CHECK(made->fingerprint().size() == 64);
        CHECK(made->warnings().empty());
        CHECK(made->is_valid_at(now()));
        CHECK_FALSE(made->is_valid_at(now() + std::chrono::hours(24 * 91)));
    }

    TEST_CASE("the key may stand in the file of the chain")
    {
        const auto leaf = issue({.alternatives = "DNS:a.example", .is_rsa = true});
        CHECK(read(leaf.key_pem() + leaf.pem(), "")->kind() == key_kind::rsa);
    }

    TEST_CASE("the key of another certificate is refused")
    {
        const auto one = issue({.name = "one"});
        const auto other = issue({.name = "other"});
        CHECK(error_of(one.pem(), other.key_pem()) ==
              "the private key is not that of the certificate 'CN=one,O=Tests'");
    }

    TEST_CASE("a key that is that of a later certificate tells the order")
    {
        const auto leaf = issue({.name = "leaf"}, &middle());
        CHECK(error_of(middle().pem() + leaf.pem(), leaf.key_pem())
                  .starts_with("the private key is that of certificate 2 in the file"));
    }

    TEST_CASE("what is missing, encrypted or too short is named")
    {
        const auto leaf = issue({});
        CHECK(error_of("", leaf.key_pem()) == "there is no certificate in PEM in it");
        CHECK(error_of(leaf.pem(), "") == "there is no private key in PEM");
        CHECK(error_of(leaf.pem(), leaf.encrypted_key_pem()).starts_with("the private key is encrypted"));
        const auto weak = issue({.is_rsa = true, .rsa_bits = 1'024});
        CHECK(error_of(weak.pem(), weak.key_pem()).starts_with("an RSA key of 1024 bits is too short"));
    }

    TEST_CASE("a chain out of order is sent in order, and said")
    {
        const auto leaf = issue({}, &middle());
        const auto made = read(leaf.pem() + root().pem() + middle().pem(), leaf.key_pem());
        REQUIRE(made->chain().size() == 2);
        CHECK(subject_of(*made->chain()[0]) == "CN=Middle,O=Tests");
        CHECK(subject_of(*made->chain()[1]) == "CN=Root,O=Tests");
        CHECK(warns(*made, "not in order"));
    }

    TEST_CASE("a certificate that belongs to another chain is not sent")
    {
        const auto leaf = issue({}, &middle());
        const auto foreign = issue({.name = "foreign", .is_ca = true});
        const auto made = read(leaf.pem() + foreign.pem() + middle().pem(), leaf.key_pem());
        CHECK(made->chain().size() == 1);
        CHECK(warns(*made, "'CN=foreign,O=Tests' in it signed none"));
    }

    TEST_CASE("a missing intermediate is told where the certificate says that there is one")
    {
        const auto of_public_ca = issue({.names_issuers_place = true}, &middle());
        CHECK(warns(*read(of_public_ca.pem(), of_public_ca.key_pem()), "the chain is not complete"));
        const auto of_own_ca = issue({}, &root());
        CHECK(read(of_own_ca.pem(), of_own_ca.key_pem())->warnings().empty());
    }

    TEST_CASE("dates are told, of the chain too")
    {
        const auto old = issue({.from_days = -10, .until_days = -1});
        CHECK(warns(*read(old.pem(), old.key_pem()), "it has expired at"));
        const auto early = issue({.from_days = 2});
        CHECK(warns(*read(early.pem(), early.key_pem()), "it is not valid before"));
        const auto short_lived = issue({.name = "Short", .is_ca = true, .until_days = 10}, &root());
        const auto leaf = issue({}, &short_lived);
        CHECK(warns(*read(leaf.pem() + short_lived.pem(), leaf.key_pem()), "expires first"));
    }

    TEST_CASE("an OCSP response is stapled in its time")
    {
        const auto leaf = issue({}, &middle());
        const auto made = read(leaf.pem() + middle().pem(), leaf.key_pem(),
                               tls_test::ocsp_response(leaf, middle(), middle()));
        CHECK(made->warnings().empty());
        CHECK_FALSE(made->staple(now()).empty());
        CHECK(made->staple_doubt(now()).empty());
        CHECK(made->staple(now() + std::chrono::hours(25)).empty());
        CHECK_FALSE(made->staple_doubt(now() + std::chrono::hours(25)).empty());
    }

    TEST_CASE("an OCSP response that is old, foreign, revoking or forged is not stapled (RFC 6960 3.2)")
    {
        const auto leaf = issue({}, &middle());
        const auto other = issue({}, &middle());
        const auto with = [&](const std::string& ocsp) {
            return read(leaf.pem() + middle().pem(), leaf.key_pem(), ocsp);
        };
        const auto old = with(tls_test::ocsp_response(leaf, middle(), middle(), V_OCSP_CERTSTATUS_GOOD, -1));
        CHECK(old->staple(now()).empty());
        CHECK(old->staple_doubt(now()).starts_with("the OCSP response is not stapled: it is good from"));
        const auto foreign = with(tls_test::ocsp_response(other, middle(), middle()));
        CHECK(foreign->staple(now()).empty());
        CHECK(warns(*foreign, "it is of another certificate"));
        const auto revoked =
            with(tls_test::ocsp_response(leaf, middle(), middle(), V_OCSP_CERTSTATUS_REVOKED));
        CHECK(revoked->staple(now()).empty());
        CHECK(warns(*revoked, "it says that the certificate is revoked"));
        const auto forged = with(tls_test::ocsp_response(leaf, middle(), other));
        CHECK(forged->staple(now()).empty());
        CHECK(warns(*forged, "not signed by the certificate's issuer"));
        CHECK(warns(*with("nonsense"), "no OCSP response in DER"));
    }
}

} // namespace fairlead::tls
