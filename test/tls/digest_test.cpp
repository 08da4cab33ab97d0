#include "tls/digest.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <thread>

using namespace fairlead;

namespace {

std::string hex(const tls::sha1_digest& digest)
{
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const auto byte : digest) {
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

} // namespace

TEST_CASE("SHA-1 gives the digests of FIPS 180 for short inputs")
{
    CHECK(hex(tls::sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(hex(tls::sha1("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_CASE("SHA-1 of two parts is the digest of their concatenation")
{
    CHECK(tls::sha1("dGhlIHNhbXBsZSBub25jZQ==", "258EAFA5-E914-47DA-95CA-C5AB0DC85B11") ==
          tls::sha1("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

TEST_CASE("SHA-1 works in every thread")
{
    std::string other;
    std::thread([&] { other = hex(tls::sha1("abc")); }).join();
    CHECK(other == hex(tls::sha1("abc")));
}

TEST_CASE("random bytes do not repeat, also when they are taken past the reserve")
{
    std::set<std::array<std::byte, 16>> seen;
    for (int i = 0; i < 1000; ++i) {
        std::array<std::byte, 16> value;
        tls::random_bytes(value);
        seen.insert(value);
    }
    CHECK(seen.size() == 1000);
}
