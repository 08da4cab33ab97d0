// Input: a token's header and its claims, one on each line, or else a whole token. Only what was signed
// with the key passes, as its algorithm and its times say, and what goes to a backend fits a field (RFC
// 7519 7.2).
#include "proxy/http/token_check.hpp"
#include "test/fuzz/claim.hpp"
#include "test/support/base64url.hpp"
#include "tls/keyed_digest.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

namespace {

using namespace fairlead;
using fuzz::require;
using std::chrono::seconds;
using test::base64url;

const std::string secret = "a secret of thirty-two bytes, yes";
const std::chrono::system_clock::time_point now(seconds(1'800'000'000));

const http::token_rules& rules()
{
    static const http::token_rules one = [] {
        conf::token_options options;
        options.copy_claims = {{"sub", "X-User"}, {"groups", "X-Groups"}};
        return http::token_rules{options, {tls::json_web_key::from_secret(secret, "k1")}};
    }();
    return one;
}

std::span<const std::uint8_t> bytes_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

http::token_verdict check(const std::string& token)
{
    auto verdict = http::check_token(rules(), token, now);
    require(verdict.passes == verdict.reason.empty(), "a refusal has a reason");
    require(verdict.passes || verdict.fields.empty(), "and no fields");
    for (const conf::header_value& each : verdict.fields) {
        require(each.name == "X-User" || each.name == "X-Groups", "a field is one of the route's");
        require(std::ranges::none_of(each.value, [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
                "and one line");
    }
    return verdict;
}

void check_altered(const std::string& good, std::size_t size)
{
    std::string altered = good;
    char& one = altered[size % good.size()];
    one = one == 'A' ? 'B' : 'A';
    require(!check(altered).passes, "what was altered does not pass");
    require(!check(good + "A").passes && !check(good.substr(0, good.size() - 1)).passes,
            "nor does a signature of another length");
}

void check_signed(std::string_view header, std::string_view claims)
{
    const std::string text = base64url(bytes_of(header)) + "." + base64url(bytes_of(claims));
    const std::string token = text + "." + base64url(tls::hmac_sha256(secret, text));
    if (check(token).passes) {
        require(header.find("HS256") != header.npos || header.find('\\') != header.npos,
                "what passes names the key's own algorithm");
        check_altered(token, header.size() + claims.size());
    }
    const std::string other = "another secret of thirty-two bytes";
    require(!check(text + "." + base64url(tls::hmac_sha256(other, text))).passes, "the key is the route's");
    require(!check(text + ".").passes, "and a signature is needed");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto end = input.find('\n');
    if (end != input.npos) {
        check_signed(input.substr(0, end), input.substr(end + 1));
        check_signed(R"({"alg":"HS256","typ":"JWT"})", input.substr(end + 1));
    } else {
        require(!check(std::string(input)).passes, "a token that nobody signed does not pass");
    }
    return 0;
}
