#include "tls/handshake_facts.hpp"

#include <doctest/doctest.h>

namespace fairlead::tls {

TEST_SUITE("handshake_facts")
{
    TEST_CASE("whom a listener requires a certificate of is refused without one, however the handshake went")
    {
        const wall_time now{};
        handshake_facts client;
        client.is_resumed = true;
        CHECK(refusal_of(client, client_auth::required, now) == fault::client_certificate_missing);
        CHECK_FALSE(refusal_of(client, client_auth::optional, now));
        CHECK_FALSE(refusal_of(client, client_auth::none, now));
        client.peer = std::make_unique<const peer_certificate>();
        CHECK_FALSE(refusal_of(client, client_auth::required, now));
    }

    TEST_CASE("a certificate that has run out since it was verified is refused")
    {
        const wall_time end{std::chrono::hours(1'000)};
        handshake_facts client;
        client.is_resumed = true;
        client.peer = std::make_unique<const peer_certificate>(peer_certificate{"CN=d7", {}, "ab", end});
        for (const client_auth asks : {client_auth::optional, client_auth::required}) {
            CHECK_FALSE(refusal_of(client, asks, end));
            CHECK(refusal_of(client, asks, end + std::chrono::seconds(1)) == fault::expired);
        }
    }
}

} // namespace fairlead::tls
