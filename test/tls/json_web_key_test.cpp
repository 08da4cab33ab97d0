#include "tls/json_web_key.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace fairlead::tls {
namespace {

std::string problem_of(const std::string& text)
{
    try {
        (void)read_key_set(text);
    } catch (const std::runtime_error& problem) {
        return problem.what();
    }
    return {};
}

bool has(const std::string& text, std::string_view part)
{
    INFO(text);
    return text.find(part) != std::string::npos;
}

std::string decoded(std::string_view text)
{
    std::vector<std::uint8_t> out;
    return decode_base64url(text, out) ? std::string(out.begin(), out.end()) : "?";
}

const std::string secret_key =
    R"({"kty":"oct","kid":"h","k":"YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcywgeWVz"})";

} // namespace

TEST_CASE("base64url has no padding, no other letters and one text for each value")
{
    CHECK(decoded("") == "");
    CHECK(decoded("Zg") == "f");
    CHECK(decoded("Zm8") == "fo");
    CHECK(decoded("Zm9v") == "foo");
    CHECK(decoded("_-8") == "\xff\xef");
    for (const char* wrong : {"Z", "Zg==", "Zh", "Zm9", "Z g", "Zm+v", "Zm/v", "Zm9vY"})
        CHECK(decoded(wrong) == "?");
}

TEST_CASE("of a set the usable keys are taken, and it has to have one")
{
    const auto keys = read_key_set(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"},)" + secret_key + "]}");
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].id() == "h");
    CHECK(keys[0].algorithm() == signature_algorithm::hs256);
    CHECK(has(problem_of(R"({"keys":[]})"), "no key"));
    CHECK(has(problem_of(R"({"keys":[{"kty":"RSA","use":"enc","n":"AA","e":"AQAB"}]})"), "no key"));
    CHECK(has(problem_of(R"({"keys":[{"kty":"RSA","alg":"PS256","n":"AA","e":"AQAB"}]})"), "no key"));
    CHECK(has(problem_of("[]"), "not a JWK set"));
    CHECK(has(problem_of("{"), "not a JWK set"));
}

TEST_CASE("a broken or weak key is an error, not a key less")
{
    CHECK(has(problem_of(R"({"keys":[{"kty":"RSA","n":"!","e":"AQAB"}]})"), "\"n\" is not base64url"));
    CHECK(has(problem_of(R"({"keys":[{"kty":"RSA","n":"yI3w","e":"AQAB"}]})"), "2048"));
    CHECK(has(problem_of(R"({"keys":[{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}]})"), "32 bytes"));
    CHECK(has(
        problem_of(R"({"keys":[{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE",)"
                   R"("y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}]})"),
        "no public key"));
    CHECK(has(problem_of(R"({"keys":[{"kty":"oct","k":"c2hvcnQ"}]})"), "32 bytes or more"));
    CHECK_THROWS_AS(json_web_key::from_secret("short"), std::runtime_error);
}

} // namespace fairlead::tls
