// Input: a JWK set. It is refused in words or gives keys, and none of them verifies what it did not sign
// (RFC 7517 5).
#include "test/fuzz/claim.hpp"
#include "tls/json_web_key.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace {

using namespace fairlead;
using fuzz::require;

void check_key(const tls::json_web_key& key)
{
    std::array<std::uint8_t, 256> signature{};
    const bool is_elliptic = key.algorithm() == tls::signature_algorithm::es256;
    for (const std::size_t size : {std::size_t{0}, std::size_t{32}, std::size_t{64}, signature.size()}) {
        const auto shown = std::span(signature).first(size);
        require(!key.verifies("a.b", shown), "a signature of zeros is none");
        if (is_elliptic) signature.back() = 1;
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const auto keys = tls::read_key_set(text);
        require(!keys.empty(), "a set that is taken has a key");
        for (const auto& each : keys)
            check_key(each);
    } catch (const std::runtime_error& refused) {
        require(std::strlen(refused.what()) > 0, "a refusal says why");
    }
    return 0;
}
