// Input: the value of an Authorization field, or a name and password that are encoded first. What is read
// is what was encoded, in its one form, and nothing else is (RFC 7617 2, RFC 4648 3.5).
#include "proxy/credentials/password_hash.hpp"
#include "proxy/http/basic_credentials.hpp"
#include "test/fuzz/built_request.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace {

using namespace fairlead;
using fuzz::require;
using state = http::basic_credentials::state;

std::string base64(std::string_view text)
{
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 6; count -= 6)
            out += letters[bits >> (count - 6) & 63];
    }
    if (count > 0) out += letters[bits << (6 - count) & 63];
    return out;
}

http::basic_credentials read(const std::string& value)
{
    const fuzz::built_request request("/", "Authorization: " + value + "\r\n");
    return request.is_good() ? http::read_basic_credentials(request.fields()) : http::basic_credentials{};
}

void check_value(const std::string& value)
{
    const auto got = read(value);
    if (got.what != state::given) {
        require(got.user.empty() && got.password.view().empty(), "who gives nothing is nobody");
        return;
    }
    require(got.user.find(':') == std::string::npos, "a name has no colon");
    require(got.password.view().size() <= credentials::longest_password, "a password is not too long");
    const std::string encoded = base64(got.user + ":" + std::string(got.password.view()));
    const auto sent =
        fuzz::trimmed(std::string_view(value).substr(value.find(' ', value.find_first_not_of(" \t"))));
    require(sent.substr(0, sent.find('=')) == encoded, "what is read has one form");
}

void check_encoded(std::string_view pair)
{
    const auto colon = pair.find(':');
    const bool has_control = std::ranges::any_of(pair, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    const std::string encoded = base64(pair);
    const bool is_short =
        encoded.size() <= 2000 && pair.size() - (colon + 1) <= credentials::longest_password;
    const auto got = read("Basic " + encoded);
    if (colon == pair.npos || has_control) {
        require(got.what != state::given, "no pair of a name and a password is taken for one");
    } else if (is_short) {
        require(got.what == state::given, "a pair is read");
        require(got.user == pair.substr(0, colon), "with its name");
        require(got.password.view() == pair.substr(colon + 1), "and its password");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size > 3000) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_value(std::string(text));
    check_encoded(text);
    return 0;
}
