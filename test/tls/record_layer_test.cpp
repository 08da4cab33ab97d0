#include "tls/record_layer.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace fairlead;
using tls::cipher_suite;
using tls::content_type;
using tls::record_layer;
using meaning = record_layer::meaning;

namespace {

constexpr auto suite = cipher_suite::aes_128_gcm_sha256;

// Ours, and what the test makes of the peer's keys.
struct bench
{
    explicit bench(bool is_server = true, std::uint64_t sent_before = 0)
    {
        REQUIRE(ours.begin(protection, suite, is_server, {to_peer, sent_before}, {from_peer, 0}));
        REQUIRE(protection.begin(peer_sends, suite, from_peer));
        REQUIRE(protection.begin(peer_receives, suite, to_peer));
        peer_receives.sequence = sent_before;
    }

    record_layer::received take(content_type type, std::string_view inside)
    {
        std::array<std::uint8_t, tls::record_room> record{};
        const std::size_t size = protection.seal(peer_sends, type, inside, record);
        return ours.take(protection, std::span(record).first(size), room);
    }
    std::string data_of(const record_layer::received& got)
    {
        REQUIRE(got.what == meaning::data);
        return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.size)};
    }

    // What `ours` puts, as the peer opens it: "type:content" of each record.
    std::vector<std::string> put(std::string_view data)
    {
        std::array<std::uint8_t, tls::record_room> out{};
        const std::size_t size = ours.put(protection, data, out);
        REQUIRE(size > 0);
        std::vector<std::string> told;
        for (std::size_t at = 0; at < size;) {
            const std::size_t length = 5 + (std::size_t{out[at + 3]} << 8 | out[at + 4]);
            const auto got = protection.open(peer_receives, std::span(out).subspan(at, length), room);
            REQUIRE(got.what == tls::record_protection::verdict::opened);
            told.push_back(std::to_string(static_cast<int>(got.type)) + ":" +
                           std::string(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.size)));
            if (got.type == content_type::handshake) REQUIRE(protection.update(peer_receives));
            at += length;
        }
        return told;
    }

    const std::vector<std::uint8_t> to_peer = std::vector<std::uint8_t>(32, 1);
    const std::vector<std::uint8_t> from_peer = std::vector<std::uint8_t>(32, 2);
    tls::record_protection protection;
    record_layer ours;
    tls::traffic_keys peer_sends;
    tls::traffic_keys peer_receives;
    std::array<std::uint8_t, tls::record_room> room{};
};

constexpr std::string_view update_requested("\x18\0\0\1\1", 5);
constexpr std::string_view update("\x18\0\0\1\0", 5);
const std::string no_update_asked = "22:" + std::string(update);

} // namespace

TEST_CASE("data passes, and so does none")
{
    bench at;
    CHECK(at.data_of(at.take(content_type::application_data, "hello")) == "hello");
    CHECK(at.data_of(at.take(content_type::application_data, "")).empty());
    CHECK(at.put("world") == std::vector<std::string>{"23:world"});
}

TEST_CASE("a KeyUpdate changes the peer's keys, and is answered before the next data when it asks")
{
    bench at;
    CHECK(at.take(content_type::handshake, update).what == meaning::nothing);
    REQUIRE(at.protection.update(at.peer_sends));
    CHECK(at.data_of(at.take(content_type::application_data, "under new keys")) == "under new keys");
    CHECK(at.put("no answer") == std::vector<std::string>{"23:no answer"});
    for (int i = 0; i < 2; ++i) { // one answer for both
        CHECK(at.take(content_type::handshake, update_requested).what == meaning::nothing);
        REQUIRE(at.protection.update(at.peer_sends));
    }
    CHECK(at.put("answer") == std::vector<std::string>{no_update_asked, "23:answer"});
    CHECK(at.put("more") == std::vector<std::string>{"23:more"});
}

TEST_CASE("a key that has protected its share of records is replaced (RFC 8446 5.5)")
{
    bench at(true, record_layer::records_per_key - 1);
    CHECK(at.put("last") == std::vector<std::string>{"23:last"});
    CHECK(at.put("first") == std::vector<std::string>{no_update_asked, "23:first"});
    CHECK(at.put("second") == std::vector<std::string>{"23:second"});
}

TEST_CASE("alerts end the stream, in order or not")
{
    bench at;
    CHECK(at.take(content_type::alert, std::string_view("\1\x5a", 2)).what == meaning::nothing);
    SUBCASE("close_notify")
    {
        CHECK(at.take(content_type::alert, std::string_view("\1\0", 2)).what == meaning::closed);
    }
    SUBCASE("internal_error")
    {
        const auto got = at.take(content_type::alert, "\2\x50");
        CHECK(got.what == meaning::failed);
        CHECK(got.why == tls::fault::refused_by_peer);
        CHECK(got.alert == 0); // an alert is not answered
    }
    SUBCASE("half of one") { CHECK(at.take(content_type::alert, "\2").alert == 50); }
}

TEST_CASE("a client skips session tickets, in one record or over several, and data may follow")
{
    bench at(false);
    const std::string ticket = std::string("\4\0\1\0", 4) + std::string(256, 't');
    CHECK(at.take(content_type::handshake, ticket + ticket).what == meaning::nothing);
    CHECK(at.data_of(at.take(content_type::application_data, "data")) == "data");
    CHECK(at.take(content_type::handshake, ticket.substr(0, 100)).what == meaning::nothing);
    SUBCASE("to its end")
    {
        CHECK(at.take(content_type::handshake, ticket.substr(100)).what == meaning::nothing);
        CHECK(at.data_of(at.take(content_type::application_data, "data")) == "data");
    }
    SUBCASE("but not with data within") { CHECK(at.take(content_type::application_data, "x").alert == 10); }
}

TEST_CASE("what has no place behind a handshake ends the connection with the alert that the RFC names")
{
    bench at;
    const auto refused_with = [](const record_layer::received& got, int alert) {
        CHECK(got.what == meaning::failed);
        CHECK(got.alert == alert);
        CHECK_FALSE(got.text.empty());
    };
    SUBCASE("a ticket for a server")
    {
        refused_with(at.take(content_type::handshake, std::string_view("\4\0\0\1x", 5)), 10);
    }
    SUBCASE("a ClientHello")
    {
        refused_with(at.take(content_type::handshake, std::string_view("\1\0\0\1x", 5)), 10);
    }
    SUBCASE("an empty handshake record") { refused_with(at.take(content_type::handshake, ""), 10); }
    SUBCASE("a KeyUpdate with something behind it")
    {
        refused_with(at.take(content_type::handshake, std::string(update) + "x"), 50);
    }
    SUBCASE("a KeyUpdate of another size")
    {
        refused_with(at.take(content_type::handshake, std::string_view("\x18\0\0\2\0\0", 6)), 50);
    }
    SUBCASE("a KeyUpdate that asks for something else")
    {
        refused_with(at.take(content_type::handshake, std::string_view("\x18\0\0\1\2", 5)), 47);
    }
    SUBCASE("a type that nobody knows") { refused_with(at.take(static_cast<content_type>(99), "x"), 10); }
    SUBCASE("a record that is not sealed")
    {
        const std::array<std::uint8_t, 6> spec_change{20, 3, 3, 0, 1, 1};
        refused_with(at.ours.take(at.protection, spec_change, at.room), 10);
    }
    SUBCASE("a forged one")
    {
        std::vector<std::uint8_t> record(40, 0);
        record[0] = 23;
        refused_with(at.ours.take(at.protection, record, at.room), 20);
    }
    SUBCASE("records without data, and no end of them")
    {
        for (int i = 0; i < 32; ++i)
            CHECK(at.data_of(at.take(content_type::application_data, "")).empty());
        refused_with(at.take(content_type::application_data, ""), 10);
    }
}
