#include "proxy/credentials/server_credentials.hpp"

#include "test/conf/scratch_folder.hpp"
#include "test/tls/issuing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

using namespace fairlead;
using tls_test::issue;
using tls_test::issued;

namespace {

tls::wall_time now() { return std::chrono::system_clock::now(); }

// A folder with a listener's files, and the listener.
struct site
{
    conf::scratch_folder folder;
    credentials::process_secrets secrets;
    conf::tls_options process;
    conf::listen_options listener;

    site()
    {
        listener.address = *conf::parse_listen_endpoint("127.0.0.1:443");
        listener.tls.emplace();
    }

    std::string path(std::string_view name) const { return (folder.path() / name).string(); }

    void write(const std::string& name, const issued& what) const
    {
        folder.write(name + ".pem", what.pem());
        folder.write(name + ".key", what.key_pem());
    }

    site& with(const std::string& name)
    {
        listener.tls->certificates.push_back({path(name + ".pem"), path(name + ".key"), {}, {}});
        return *this;
    }

    credentials::server_credentials load() { return {listener, process, secrets, now()}; }
};

bool any_has(const std::vector<std::string>& list, std::string_view text)
{
    return std::ranges::any_of(list, [&](const std::string& each) { return each.find(text) != each.npos; });
}

std::string shown_by(const credentials::server_credentials& of) { return of.certificates().front().file; }

} // namespace

TEST_SUITE("server_credentials")
{
    TEST_CASE("files are read into a context")
    {
        site at;
        at.write("a", issue({.name = "a", .alternatives = "DNS:a.example"}));
        at.with("a");
        const auto made = at.load();
        CHECK(made.problems().empty());
        CHECK(made.context());
        REQUIRE(made.certificates().size() == 1);
        CHECK(made.certificates()[0].place == "127.0.0.1:443");
        CHECK(made.certificates()[0].not_after > now());
        CHECK(made.files() == std::vector<std::string>{at.path("a.pem"), at.path("a.key")});
    }

    TEST_CASE("what is wrong with each file is told, and nothing is made")
    {
        site at;
        at.write("a", issue({}));
        at.folder.write("b.pem", "nothing");
        at.folder.write("b.key", issue({}).key_pem());
        at.with("a").with("b").with("missing");
        const auto made = at.load();
        CHECK(made.problems().size() == 3);
        CHECK(any_has(made.problems(), at.path("b.pem") + ": there is no certificate in PEM in it"));
        CHECK(any_has(made.problems(), at.path("missing.pem") + ": No such file or directory"));
        CHECK_FALSE(made.context());
    }

    TEST_CASE("a new pair is taken for new handshakes")
    {
        site at;
        at.write("a", issue({.name = "first"}));
        at.with("a");
        auto made = at.load();
        const auto before = made.context();
        CHECK(made.refresh(now()).news.empty());
        CHECK(made.context() == before);
        at.write("a", issue({.name = "second"}));
        const auto report = made.refresh(now());
        CHECK(report.problems.empty());
        REQUIRE(report.news.size() == 1);
        CHECK(report.news[0].find("'CN=second,O=Tests', good until") != std::string::npos);
        CHECK(made.context() != before);
    }

    TEST_CASE("a bad pair leaves the one before in force, says why once, and is taken when it is mended")
    {
        site at;
        at.write("a", issue({.name = "first"}));
        at.with("a");
        auto made = at.load();
        const auto before = made.context();
        const auto second = issue({.name = "second"});
        at.folder.write("a.pem", second.pem()); // its key is still to come
        auto report = made.refresh(now());
        REQUIRE(report.problems.size() == 1);
        CHECK(report.problems[0].find("the private key is not that of the certificate") != std::string::npos);
        CHECK(made.context() == before);
        CHECK(made.certificates()[0].is_refused);
        CHECK(made.refresh(now()).problems.empty());
        CHECK(made.certificates()[0].is_refused);
        at.folder.write("a.key", second.key_pem());
        report = made.refresh(now());
        CHECK(report.news.size() == 1);
        CHECK(made.context() != before);
        CHECK_FALSE(made.certificates()[0].is_refused);
    }

    TEST_CASE("a pair that has expired does not replace one that is good")
    {
        site at;
        at.write("a", issue({.name = "good"}));
        at.with("a");
        auto made = at.load();
        at.write("a", issue({.name = "old", .from_days = -9, .until_days = -1}));
        CHECK(any_has(made.refresh(now()).problems, "it has expired at"));
        CHECK(made.certificates()[0].not_after > now());
    }

    TEST_CASE("a pair that is not valid yet is told once, and taken when its time has come")
    {
        site at;
        at.write("a", issue({.name = "now"}));
        at.with("a");
        auto made = at.load();
        const auto before = made.context();
        at.write("a", issue({.name = "later", .from_days = 2}));
        CHECK(any_has(made.refresh(now()).problems, "it is not valid before"));
        CHECK(made.refresh(now() + std::chrono::hours(1)).problems.empty());
        CHECK(made.certificates()[0].is_refused);
        CHECK(made.context() == before);
        const auto report = made.refresh(now() + std::chrono::hours(49));
        CHECK(any_has(report.news, "'CN=later,O=Tests', good until"));
        CHECK(report.problems.empty());
        CHECK(made.context() != before);
        CHECK_FALSE(made.certificates()[0].is_refused);
    }

    TEST_CASE("an OCSP response that runs out is warned about once, though its file stays the same")
    {
        site at;
        const auto ca = issue({.name = "CA", .is_ca = true});
        const auto one = issue({.name = "a", .alternatives = "DNS:a.example"}, &ca);
        at.folder.write("a.pem", one.pem() + ca.pem());
        at.folder.write("a.key", one.key_pem());
        std::filesystem::permissions(at.path("a.key"), std::filesystem::perms(0640));
        at.folder.write("a.ocsp", tls_test::ocsp_response(one, ca, ca));
        at.listener.tls->certificates.push_back({at.path("a.pem"), at.path("a.key"), at.path("a.ocsp"), {}});
        auto made = at.load();
        REQUIRE(made.warnings().empty());
        CHECK(made.refresh(now()).warnings.empty());
        CHECK_FALSE(made.certificates()[0].is_staple_left_out);
        const auto later = now() + std::chrono::hours(25);
        const auto report = made.refresh(later);
        CHECK(report.warnings.size() == 1);
        CHECK(made.certificates()[0].is_staple_left_out);
        CHECK(any_has(report.warnings, "a.pem: the OCSP response is not stapled: it is good from"));
        CHECK(made.refresh(later).warnings.empty());
        CHECK(made.warnings().size() == 1);
        at.folder.write("a.ocsp", tls_test::ocsp_response(one, ca, ca, V_OCSP_CERTSTATUS_GOOD, 48));
        CHECK(made.refresh(later).warnings.empty());
        CHECK(made.warnings().empty());
        CHECK_FALSE(made.certificates()[0].is_staple_left_out);
    }

    TEST_CASE("files that are gone leave what was read of them in force")
    {
        site at;
        at.write("a", issue({}));
        at.with("a");
        auto made = at.load();
        std::filesystem::remove(at.path("a.key"));
        CHECK(any_has(made.refresh(now()).problems, "a.key: No such file"));
        CHECK(made.context());
        CHECK(made.certificates()[0].is_refused);
    }

    TEST_CASE("a folder's certificates come and go with its files")
    {
        site at;
        at.write("a", issue({.name = "a"}));
        at.listener.tls->certificate_dir = at.folder.path().string();
        auto made = at.load();
        REQUIRE(made.problems().empty());
        at.write("b", issue({.name = "b"}));
        CHECK(any_has(made.refresh(now()).news, "'CN=b,O=Tests'"));
        CHECK(made.certificates().size() == 2);
        std::filesystem::remove(at.path("a.pem"));
        CHECK(any_has(made.refresh(now()).news, "a.pem is gone"));
        CHECK(made.certificates().size() == 1);
        CHECK(shown_by(made) == at.path("b.pem"));
        std::filesystem::remove(at.path("b.pem"));
        CHECK(any_has(made.refresh(now()).problems, "holds no certificate"));
        CHECK(made.context());
    }

    TEST_CASE("a key that others may read is warned about")
    {
        site at;
        at.write("a", issue({.alternatives = "DNS:a"}));
        std::filesystem::permissions(at.path("a.key"), std::filesystem::perms(0644));
        at.with("a");
        CHECK(any_has(at.load().warnings(), "a.key holds secrets and others may read or write it"));
        std::filesystem::permissions(at.path("a.key"), std::filesystem::perms(0640));
        CHECK_FALSE(any_has(at.load().warnings(), "a.key"));
    }

    TEST_CASE("clients' CAs are read again; a bad text leaves those before")
    {
        site at;
        at.write("a", issue({}));
        at.with("a");
        at.folder.write("ca.pem", issue({.name = "CA", .is_ca = true}).pem());
        at.listener.tls->client_ca = at.path("ca.pem");
        auto made = at.load();
        REQUIRE(made.problems().empty());
        CHECK(made.context()->verifies_clients() == tls::client_auth::required);
        const auto before = made.context();
        at.folder.write("ca.pem", "nothing");
        CHECK(any_has(made.refresh(now()).problems, "ca.pem: there is no certificate in PEM among the CAs"));
        CHECK(made.context() == before);
        at.folder.write("ca.pem", issue({.name = "other CA", .is_ca = true}).pem());
        CHECK(made.refresh(now()).news.size() == 1);
        CHECK(made.context() != before);
    }

    TEST_CASE("an empty list of who is revoked lets nobody in whom the one before kept out")
    {
        site at;
        at.write("a", issue({}));
        at.with("a");
        const auto ca = issue({.name = "CA", .is_ca = true});
        at.folder.write("ca.pem", ca.pem());
        at.folder.write("crl.pem", tls_test::revocation_list(ca, {}));
        at.listener.tls->client_ca = at.path("ca.pem");
        at.listener.tls->crl = at.path("crl.pem");
        auto made = at.load();
        REQUIRE(made.problems().empty());
        const auto before = made.context();
        at.folder.write("crl.pem", "");
        const auto report = made.refresh(now());
        CHECK(report.problems == std::vector<std::string>{at.path("crl.pem") + " is empty"});
        CHECK(report.news.empty());
        CHECK(made.context() == before);
        const auto fresh = at.load();
        CHECK(any_has(fresh.problems(), "crl.pem is empty"));
        CHECK_FALSE(fresh.context());
    }

    TEST_CASE("a key file that is named and empty is no key in the chain's file")
    {
        site at;
        const auto one = issue({});
        at.folder.write("a.pem", one.pem() + one.key_pem());
        at.folder.write("a.key", "");
        at.with("a");
        CHECK(any_has(at.load().problems(), "a.key is empty"));
    }

    TEST_CASE("it is of a listener as long as nothing of its TLS differs")
    {
        site at;
        at.write("a", issue({}));
        at.with("a");
        const auto made = at.load();
        auto other = at.listener;
        CHECK(made.is_of(other, at.process));
        other.tls->strict_sni = true;
        CHECK_FALSE(made.is_of(other, at.process));
        auto options = at.process;
        options.max_handshakes = 3;
        CHECK(made.is_of(at.listener, options));
        options.ktls = true;
        CHECK_FALSE(made.is_of(at.listener, options));
    }
}
