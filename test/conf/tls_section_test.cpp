#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

namespace {

// `keys` of the only listener are on line 3 and what follows it.
read_result read_with_listen(std::string_view keys, std::string_view name = "t.toml")
{
    const std::string text = "[[listen]]\naddress = \"127.0.0.1:1\"\n" + std::string(keys) + "\n" +
                             std::string(pool_lines) + std::string(route_lines);
    return read_config_text(text, name);
}

const listen_tls_options& tls_of(const read_result& result)
{
    REQUIRE(brief_errors(result) == brief_list{});
    REQUIRE(result.value.listeners.front().tls);
    return *result.value.listeners.front().tls;
}

std::string pool_keys(std::string_view tls) { return "backends = [\"10.0.0.1:443\"]\n" + std::string(tls); }

} // namespace

TEST_SUITE("tls")
{
    TEST_CASE("every key of [tls] reaches its field")
    {
        const auto result =
            read_with_top("[tls]\nprofile = \"intermediate\"\nmin_version = \"1.3\"\n"
                          "ticket_lifetime = \"2h\"\nticket_keys = \"/k\"\nmax_handshakes = 7\n"
                          "ktls = true\nkey_log = \"/l\"");
        REQUIRE(brief_errors(result) == brief_list{});
        CHECK(result.value.tls == tls_options{.profile = tls_profile::intermediate,
                                              .min_version = tls_version::v1_3,
                                              .ticket_lifetime = 2h,
                                              .ticket_keys = "/k",
                                              .max_handshakes = 7,
                                              .ktls = true,
                                              .key_log = "/l"});
    }

    TEST_CASE("every key of a listener's tls reaches its field")
    {
        const auto result = read_with_listen(R"([listen.tls]
certificate_dir = "/certificates"
profile = "intermediate"
min_version = "1.3"
strict_sni = true
client_ca = "/ca"
client_auth = "optional"
crl = "/crl"
hsts = "400d"
hsts_subdomains = true
hsts_preload = true
[[listen.tls.certificates]]
chain = "/chain"
key = "/key"
ocsp = "/ocsp")");
        const auto& tls = tls_of(result);
        CHECK(tls.certificates == std::vector<certificate_files>{{"/chain", "/key", "/ocsp", {}}});
        CHECK(tls.certificates.front().where.line == 14);
        CHECK(tls.certificate_dir == "/certificates");
        CHECK(tls.min_version == tls_version::v1_3);
        CHECK(tls.strict_sni);
        CHECK(tls.client_ca == "/ca");
        CHECK(tls.client_auth == client_auth::optional);
        CHECK(tls.crl == "/crl");
        CHECK(tls.hsts == hsts_options{400 * 24h, true, true});
    }

    TEST_CASE("a listener has the profile and version of [tls] where it does not say them")
    {
        const auto result = read_with_listen("tls.certificate_dir = \"/c\"\n[tls]\nprofile = \"modern\"\n");
        CHECK(tls_of(result).profile == tls_profile::modern);
        const auto own =
            read_with_listen("tls.certificate_dir = \"/c\"\ntls.profile = \"intermediate\"\n[tls]\n"
                             "profile = \"modern\"\n");
        CHECK(tls_of(own).profile == tls_profile::intermediate);
    }

    TEST_CASE("a relative path is from the folder of its file")
    {
        const auto result =
            read_with_listen("tls.certificates = [{ chain = \"a/chain.pem\" }]", "/etc/fairlead/t.toml");
        CHECK(tls_of(result).certificates.front().chain == "/etc/fairlead/a/chain.pem");
        CHECK(tls_of(read_with_listen("tls.certificate_dir = \"c\"")).certificate_dir == "c");
    }

    TEST_CASE("what a listener's tls lacks or has no use for is named")
    {
        CHECK(brief_errors(read_with_listen("tls = {}")) ==
              brief_list{"3:7 listen[0].tls: needs certificates, or a certificate_dir that holds them"});
        CHECK(brief_errors(read_with_listen("tls.certificates = []")) ==
              brief_list{"3:20 listen[0].tls.certificates: is empty; leave it out where there is a "
                         "certificate_dir"});
        CHECK(brief_errors(read_with_listen("tls = { certificates = [{ key = \"k\" }] }")) ==
              brief_list{"3:25 listen[0].tls.certificates[0]: the key 'chain' is missing"});
        CHECK(brief_errors(read_with_listen("tls.certificate_dir = \"c\"\ntls.crl = \"r\"")) ==
              brief_list{"4:11 listen[0].tls.crl: has no use without client_ca, the CAs that sign clients' "
                         "certificates"});
        CHECK(brief_errors(read_with_listen("tls.certificate_dir = \"c\"\ntls.hsts_preload = true")) ==
              brief_list{"4:20 listen[0].tls.hsts_preload: has no use without hsts"});
        CHECK(
            brief_errors(read_with_listen("tls.certificate_dir = \"c\"\ntls.hsts = \"30d\"\n"
                                          "tls.hsts_preload = true")) ==
            brief_list{"5:20 listen[0].tls.hsts_preload: needs hsts_subdomains and a hsts of 365d at least"});
        CHECK(brief_errors(read_with_listen("tls.certificate_dir = \"\"")) ==
              brief_list{"3:23 listen[0].tls.certificate_dir: is not a path"});
        CHECK(brief_errors(read_with_listen("tls.certificates = [{ chain = \"a\" }, { chain = \"a\" }]"))
                  .front()
                  .find("is listed already, at t.toml:3:21") != std::string::npos);
        CHECK(brief_errors(read_with_listen("tls.certificate_dir = \"c\"\ntls.profile = \"modern\"\n"
                                            "tls.min_version = \"1.2\"")) ==
              brief_list{"5:19 listen[0].tls.min_version: has no use: the modern profile is TLS 1.3 alone"});
    }

    TEST_CASE("redirect_to_https is a flag or a port, and not for a listener that speaks TLS")
    {
        CHECK(read_with_listen("redirect_to_https = true").value.listeners.front().redirect_port == 443);
        CHECK(read_with_listen("redirect_to_https = 8443").value.listeners.front().redirect_port == 8443);
        CHECK(read_with_listen("redirect_to_https = false").value.listeners.front().redirect_port == 0);
        CHECK(brief_errors(read_with_listen("redirect_to_https = 70000")) ==
              brief_list{"3:21 listen[0].redirect_to_https: 70000 is out of range: 1 to 65535"});
        CHECK(brief_errors(read_with_listen("redirect_to_https = \"yes\"")) ==
              brief_list{"3:21 listen[0].redirect_to_https: wants true, false or an integer, not 'yes'"});
        CHECK(brief_errors(read_with_listen("redirect_to_https = true\ntls.certificate_dir = \"c\"")) ==
              brief_list{"3:21 listen[0].redirect_to_https: belongs at a listener for plain HTTP; this one "
                         "speaks TLS"});
    }

    TEST_CASE("tickets without a lifetime need no keys")
    {
        CHECK(brief_errors(read_with_top("[tls]\nticket_lifetime = 0\nticket_keys = \"k\"")) ==
              brief_list{"4:15 tls.ticket_keys: has no use: a ticket_lifetime of 0 is no tickets"});
    }

    TEST_CASE("a pool's tls is a flag or a table")
    {
        const auto plain = read_with_pool(pool_keys("tls = false"));
        CHECK_FALSE(plain.value.pools.front().tls);
        const auto simple = read_with_pool(pool_keys("tls = true"));
        REQUIRE(simple.ok());
        CHECK(simple.value.pools.front().tls == pool_tls_options{});
        const auto full = read_with_pool(pool_keys(
            "tls = { ca = \"/ca\", server_name = \"App.Internal\", certificate = \"/c\", key = \"/k\", "
            "min_version = \"1.3\" }"));
        REQUIRE(brief_errors(full) == brief_list{});
        const auto& tls = *full.value.pools.front().tls;
        CHECK(tls.ca == "/ca");
        CHECK(tls.server_name == "app.internal");
        CHECK(tls.certificate == "/c");
        CHECK(tls.key == "/k");
        CHECK(tls.min_version == tls_version::v1_3);
        CHECK_FALSE(tls.insecure);
    }

    TEST_CASE("what a pool's tls lacks or has no use for is named")
    {
        CHECK(
            brief_errors(read_with_pool(pool_keys("tls = { insecure = true, ca = \"a\" }"))) ==
            brief_list{"4:20 pool.a.tls.insecure: verifies nothing, so that ca has no use; remove one of the "
                       "two"});
        CHECK(brief_errors(read_with_pool(pool_keys("tls = { key = \"k\" }"))) ==
              brief_list{"4:15 pool.a.tls.key: has no use without a certificate"});
        CHECK(brief_errors(read_with_pool(pool_keys("tls.server_name = \"a b\""))) ==
              brief_list{"4:19 pool.a.tls.server_name: 'a b' is neither a host name nor an IP address"});
        CHECK(brief_errors(read_with_pool(pool_keys("tls = 3"))) ==
              brief_list{"4:7 pool.a.tls: wants true, false or a table, not an integer"});
        for (const char* needs_name : {"tls = true", "tls = { ca = \"/ca\" }"}) {
            const auto errors =
                brief_errors(read_with_pool("backends = [\"unix:/a\"]\n" + std::string(needs_name)));
            REQUIRE(errors.size() == 1);
            CHECK(errors.front().find("needs a server_name: unix:/a has none to verify") !=
                  std::string::npos);
        }
        CHECK(read_with_pool("backends = [\"unix:/a\"]\ntls.insecure = true").ok());
    }

    TEST_CASE("a route's client_certificate is a flag or lists")
    {
        CHECK_FALSE(read_with_route("client_certificate = false").value.routes.front().client_certificate);
        CHECK(read_with_route("client_certificate = true").value.routes.front().client_certificate ==
              client_certificate_match{});
        const std::string digits(64, 'a');
        const auto full =
            read_with_route("client_certificate = { subject = \"CN=a*\", san = [\"DNS:a\", \"URI:b\"], "
                            "fingerprint = \"AA:" +
                            std::string(62, 'a') + "\" }");
        REQUIRE(brief_errors(full) == brief_list{});
        CHECK(full.value.routes.front().client_certificate ==
              client_certificate_match{{"CN=a*"}, {"DNS:a", "URI:b"}, {digits}});
        CHECK(brief_errors(read_with_route("client_certificate.san = \"a.example\"")) ==
              brief_list{"6:26 route[0].client_certificate.san: 'a.example' has no kind; one is DNS:NAME, "
                         "URI:TEXT, IP:ADDRESS or email:TEXT"});
        CHECK(brief_errors(read_with_route("client_certificate.fingerprint = \"12\"")).size() == 1);
    }

    TEST_CASE("routes that differ by the client's certificate alone are both reachable")
    {
        CHECK(read_with_route("client_certificate = true\n[[route]]\npool = \"a\"").ok());
        CHECK_FALSE(
            read_with_route("client_certificate = true\n[[route]]\npool = \"a\"\nclient_certificate = true")
                .ok());
    }

    TEST_CASE("the header for certificates cannot be one with another meaning")
    {
        CHECK(read_with_top("[forward]\nclient_certificate = \"\"").value.forward.client_certificate.empty());
        CHECK_FALSE(read_with_top("[forward]\nclient_certificate = \"Host\"").ok());
        CHECK_FALSE(read_with_top("[forward]\nclient_certificate = \"a b\"").ok());
        CHECK_FALSE(read_with_top("[forward]\nclient_certificate = \"x-request-id\"").ok());
    }
}

} // namespace fairlead::conf
