#include "tls/client_context.hpp"

#include "tls/handshake_facts.hpp"
#include "tls/server_context.hpp"
#include "test/tls/issuing.hpp"
#include "test/tls/meeting.hpp"

#include <doctest/doctest.h>

namespace fairlead::tls {
namespace {

using tls_test::issue;
using tls_test::issued;
using tls_test::meet;

std::shared_ptr<const certificate> as_certificate(const issued& from)
{
    const std::string chain = from.pem();
    const std::string key = from.key_pem();
    return *certificate::read({chain, key, {}}, std::chrono::system_clock::now());
}

const issued& authority()
{
    static const issued made = issue({.name = "CA", .is_ca = true});
    return made;
}

std::shared_ptr<const server_context> backend(const tls_test::wish& wanted, server_options options = {})
{
    options.certificates = {as_certificate(issue(wanted, &authority()))};
    return *server_context::build(options);
}

std::shared_ptr<const client_context> client(client_options options = {})
{
    if (options.ca.empty() && !options.insecure) options.ca = authority().pem();
    auto made = client_context::build(options);
    REQUIRE_MESSAGE(made.has_value(), made.error().front());
    return *made;
}

fault fault_towards(const client_context& from, const server_context& to, std::string_view host)
{
    auto at = meet(from.make_ssl(host, "backend:1"), to.native());
    REQUIRE(at.client_failure);
    return at.client_failure->what;
}

} // namespace

TEST_SUITE("client_context")
{
    TEST_CASE("a backend is verified by name, and told the name")
    {
        const auto to = backend({.alternatives = "DNS:app.internal,DNS:*.apps.internal,IP:10.0.0.1"});
        const auto from = client();
        const auto at = meet(from->make_ssl("app.internal", "app.internal:443"), to->native());
        REQUIRE(at.is_done());
        CHECK(read_handshake(*at.server).server_name == "app.internal");
        CHECK(read_handshake(*at.client).protocol == "http/1.1");
        CHECK(meet(from->make_ssl("x.apps.internal", "b"), to->native()).is_done());
        CHECK(fault_towards(*from, *to, "other.internal") == fault::wrong_name);
        CHECK(fault_towards(*from, *to, "x.y.apps.internal") == fault::wrong_name);
    }

    TEST_CASE("an address is compared with addresses, and not sent as a name (RFC 6066 3)")
    {
        const auto to = backend({.alternatives = "IP:10.0.0.1,IP:fd00::1"});
        const auto from = client();
        const auto at = meet(from->make_ssl("10.0.0.1", "10.0.0.1:443"), to->native());
        REQUIRE(at.is_done());
        CHECK(read_handshake(*at.server).server_name.empty());
        CHECK(meet(from->make_ssl("fd00::1", "b"), to->native()).is_done());
        CHECK(fault_towards(*from, *to, "10.0.0.2") == fault::wrong_name);
    }

    TEST_CASE("a common name is no name")
    {
        const auto to = backend({.name = "app.internal"});
        CHECK(fault_towards(*client(), *to, "app.internal") == fault::wrong_name);
    }

    TEST_CASE("the pool's server_name stands for the backends' own, and for a Unix socket's")
    {
        const auto to = backend({.alternatives = "DNS:app.internal"});
        const auto from = client({.server_name = "app.internal"});
        CHECK(meet(from->make_ssl("10.0.0.9", "b"), to->native()).is_done());
        CHECK(meet(from->make_ssl("", "unix:/run/app.sock"), to->native()).is_done());
        CHECK_FALSE(client()->make_ssl("", "unix:/run/app.sock"));
    }

    TEST_CASE("expired, of an unknown CA, or self-signed is told apart")
    {
        const auto from = client();
        const auto old = backend({.alternatives = "DNS:a", .from_days = -9, .until_days = -2});
        CHECK(fault_towards(*from, *old, "a") == fault::expired);
        const auto foreign = *server_context::build({.certificates = {as_certificate(issue({}))}});
        CHECK(fault_towards(*from, *foreign, "a") == fault::unknown_ca);
        const auto by_system = *client_context::build({});
        CHECK(fault_towards(*by_system, *backend({.alternatives = "DNS:a"}), "a") == fault::unknown_ca);
    }

    TEST_CASE("insecure takes anything, without a name too")
    {
        const auto from = client({.insecure = true});
        const auto to = *server_context::build({.certificates = {as_certificate(issue({
                                                    .until_days = -1,
                                                }))}});
        CHECK(meet(from->make_ssl("a", "b"), to->native()).is_done());
        CHECK(meet(from->make_ssl("", "b"), to->native()).is_done());
    }

    TEST_CASE("our own certificate is shown to a backend that asks for one")
    {
        const auto to = backend({.alternatives = "DNS:a"},
                                {.client_auth = client_auth::required, .client_ca = authority().pem()});
        CHECK(fault_towards(*client(), *to, "a") == fault::client_certificate_missing);
        const auto own = as_certificate(issue({.name = "proxy"}, &authority()));
        const auto at = meet(client({.own = own})->make_ssl("a", "b"), to->native());
        REQUIRE(at.is_done());
        CHECK(read_handshake(*at.server).peer->subject == "CN=proxy,O=Tests");
    }

    TEST_CASE("the session that a backend gave is offered to it, and to no other")
    {
        const auto to = backend(
            {.alternatives = "DNS:a,DNS:b"},
            {.tickets = std::make_shared<ticket_keys>(std::chrono::hours(1), ticket_keys::clock::now())});
        const auto from = client();
        CHECK_FALSE(read_handshake(*meet(from->make_ssl("a", "a:1"), to->native()).client).is_resumed);
        CHECK(read_handshake(*meet(from->make_ssl("a", "a:1"), to->native()).client).is_resumed);
        CHECK(read_handshake(*meet(from->make_ssl("a", "a:1"), to->native()).client).is_resumed);
        CHECK_FALSE(read_handshake(*meet(from->make_ssl("b", "b:1"), to->native()).client).is_resumed);
    }

    TEST_CASE("a session of TLS 1.2 is resumed too")
    {
        const auto to = backend(
            {.alternatives = "DNS:a"},
            {.tickets = std::make_shared<ticket_keys>(std::chrono::hours(1), ticket_keys::clock::now())});
        SSL_CTX_set_max_proto_version(to->native(), TLS1_2_VERSION);
        const auto from = client();
        CHECK_FALSE(read_handshake(*meet(from->make_ssl("a", "a:1"), to->native()).client).is_resumed);
        CHECK(read_handshake(*meet(from->make_ssl("a", "a:1"), to->native()).client).is_resumed);
    }
}

} // namespace fairlead::tls
