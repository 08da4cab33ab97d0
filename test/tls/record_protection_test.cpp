#include "tls/record_protection.hpp"

#include "test/tls/openssl_memory.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace fairlead;
using tls::cipher_suite;
using tls::content_type;
using verdict = tls::record_protection::verdict;
using octets = std::vector<std::uint8_t>;

namespace {

octets from_hex(std::string_view text)
{
    octets out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    return out;
}

// The simple handshake of RFC 8448 3, from where application data begins.
const octets client_secret = from_hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
const octets server_secret = from_hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
const octets client_data =
    from_hex("1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e"
             "2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4");
const octets server_data = from_hex(
    "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8"
    "fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d");
const octets client_goodbye = from_hex("1703030013c9872760655666b74d7ff1153efd6db6d0b0e3");

std::string fifty_octets()
{
    std::string out;
    for (char i = 0; i < 50; ++i)
        out += i;
    return out;
}

struct bench
{
    tls::record_protection protection;
    tls::traffic_keys keys;
    std::array<std::uint8_t, tls::record_room> room{};

    octets seal(content_type type, std::string_view inside)
    {
        const std::size_t size = protection.seal(keys, type, inside, room);
        return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)};
    }
    std::string opened(tls::traffic_keys& with, const octets& record, content_type expected)
    {
        const auto got = protection.open(with, record, room);
        REQUIRE(got.what == verdict::opened);
        CHECK(got.type == expected);
        return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.size)};
    }
};

} // namespace

TEST_CASE("the records of RFC 8448 3 are opened, and sealed to the same bytes")
{
    bench at;
    REQUIRE(at.protection.begin(at.keys, cipher_suite::aes_128_gcm_sha256, client_secret));
    CHECK(octets(at.keys.key.begin(), at.keys.key.begin() + 16) ==
          from_hex("17422dda596ed5d9acd890e3c63f5051"));
    CHECK(octets(at.keys.iv.begin(), at.keys.iv.end()) == from_hex("5b78923dee08579033e523d9"));
    SUBCASE("opened")
    {
        CHECK(at.opened(at.keys, client_data, content_type::application_data) == fifty_octets());
        CHECK(at.opened(at.keys, client_goodbye, content_type::alert) == std::string("\1\0", 2));
        tls::traffic_keys servers;
        REQUIRE(at.protection.begin(servers, cipher_suite::aes_128_gcm_sha256, server_secret));
        servers.sequence = 1; // behind a session ticket
        CHECK(at.opened(servers, server_data, content_type::application_data) == fifty_octets());
    }
    SUBCASE("sealed")
    {
        CHECK(at.seal(content_type::application_data, fifty_octets()) == client_data);
        CHECK(at.seal(content_type::alert, std::string_view("\1\0", 2)) == client_goodbye);
    }
}

TEST_CASE("a record opens once, in its place, and unaltered")
{
    bench at;
    tls::traffic_keys theirs;
    const octets secret(48, 7);
    REQUIRE(at.protection.begin(at.keys, cipher_suite::aes_256_gcm_sha384, secret));
    REQUIRE(at.protection.begin(theirs, cipher_suite::aes_256_gcm_sha384, secret));
    const octets first = at.seal(content_type::application_data, "first");
    const octets second = at.seal(content_type::application_data, "second");
    CHECK(at.protection.open(theirs, second, at.room).what == verdict::forged);
    for (std::size_t i = 0; i < first.size(); ++i) {
        octets altered = first;
        altered[i] ^= 1;
        CHECK(at.protection.open(theirs, altered, at.room).what == verdict::forged);
    }
    CHECK(at.opened(theirs, first, content_type::application_data) == "first");
    CHECK(at.protection.open(theirs, first, at.room).what == verdict::forged);
    CHECK(at.opened(theirs, second, content_type::application_data) == "second");
}

TEST_CASE("each suite seals and opens, up to a full record, and under the next keys")
{
    for (const auto suite : {cipher_suite::aes_128_gcm_sha256, cipher_suite::aes_256_gcm_sha384,
                             cipher_suite::chacha20_poly1305_sha256})
    {
        bench at;
        tls::traffic_keys theirs;
        const octets secret(tls::secret_size(suite), 9);
        REQUIRE(at.protection.begin(at.keys, suite, secret));
        REQUIRE(at.protection.begin(theirs, suite, secret));
        for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 16'383UL, 16'384UL}) {
            const std::string text(size, 'x');
            const octets record = at.seal(content_type::application_data, text);
            CHECK(record.size() == size + tls::record_overhead);
            CHECK((at.opened(theirs, record, content_type::application_data) == text));
        }
        REQUIRE(at.protection.update(at.keys));
        CHECK(at.keys.sequence == 0);
        const octets record = at.seal(content_type::application_data, "new");
        CHECK(at.protection.open(theirs, record, at.room).what == verdict::forged);
        REQUIRE(at.protection.update(theirs));
        CHECK(at.opened(theirs, record, content_type::application_data) == "new");
    }
}

TEST_CASE("padding is taken off, and nothing but padding is no record (RFC 8446 5.4)")
{
    bench at;
    tls::traffic_keys theirs;
    const octets secret(32, 3);
    REQUIRE(at.protection.begin(at.keys, cipher_suite::aes_128_gcm_sha256, secret));
    REQUIRE(at.protection.begin(theirs, cipher_suite::aes_128_gcm_sha256, secret));
    // The type that is put behind is padding, and the true one is inside.
    const auto zero = static_cast<content_type>(0);
    const octets padded = at.seal(zero, std::string_view("data\x17\0\0\0", 8));
    CHECK(at.opened(theirs, padded, content_type::application_data) == "data");
    const octets nothing = at.seal(zero, std::string_view("\0\0\0", 3));
    CHECK(at.protection.open(theirs, nothing, at.room).what == verdict::empty);
}

TEST_CASE("more connections than places for their ciphers do not mix")
{
    bench at;
    std::vector<std::unique_ptr<tls::traffic_keys>> ours;
    std::vector<std::unique_ptr<tls::traffic_keys>> theirs;
    for (std::size_t i = 0; i < 600; ++i) {
        octets secret(32, static_cast<std::uint8_t>(i));
        secret[1] = static_cast<std::uint8_t>(i >> 8);
        for (auto* each : {&ours, &theirs}) {
            each->push_back(std::make_unique<tls::traffic_keys>());
            REQUIRE(at.protection.begin(*each->back(), cipher_suite::chacha20_poly1305_sha256, secret));
        }
    }
    for (int round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < ours.size(); ++i) {
            const std::string text = "of " + std::to_string(i) + " " + std::to_string(round);
            const std::size_t size =
                at.protection.seal(*ours[i], content_type::application_data, text, at.room);
            const octets record(at.room.begin(), at.room.begin() + static_cast<std::ptrdiff_t>(size));
            CHECK(at.opened(*theirs[i], record, content_type::application_data) == text);
        }
    }
}

TEST_CASE("records of no size or too much are refused before they are opened")
{
    bench at;
    REQUIRE(at.protection.begin(at.keys, cipher_suite::aes_128_gcm_sha256, octets(32, 3)));
    CHECK(at.protection.open(at.keys, octets(5 + 16, 0), at.room).what == verdict::forged);
    CHECK(at.protection.open(at.keys, octets(5 + tls::most_sealed_bytes + 1, 0), at.room).what ==
          verdict::too_long);
    CHECK_FALSE(at.protection.begin(at.keys, cipher_suite::aes_128_gcm_sha256, octets(48, 3)));
}

TEST_CASE("a record that cannot be opened for want of memory is not called forged")
{
    bench at;
    REQUIRE(at.protection.begin(at.keys, cipher_suite::aes_128_gcm_sha256, client_secret));
    test::openssl_memory memory;
    memory.run_out();
    CHECK(at.protection.open(at.keys, client_data, at.room).what == verdict::failed);
    memory.refill();
    CHECK(at.opened(at.keys, client_data, content_type::application_data) == fifty_octets());
}

TEST_CASE("keys that were forgotten or replaced are nowhere any more")
{
    const auto suite = cipher_suite::chacha20_poly1305_sha256; // OpenSSL keeps its key as it is
    test::openssl_memory memory;
    memory.watch();
    bench at;
    REQUIRE(at.protection.begin(at.keys, suite, octets(tls::secret_size(suite), 5)));
    const std::array<std::uint8_t, 32> key = at.keys.key;
    (void)at.seal(content_type::application_data, "x");
    CHECK(memory.holds(key));
    SUBCASE("forgotten") { at.protection.forget(at.keys); }
    SUBCASE("replaced") { REQUIRE(at.protection.update(at.keys)); }
    CHECK_FALSE(memory.holds(key));
}
