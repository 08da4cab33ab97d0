#include "proxy/http/token_check.hpp"

#include "test/proxy/http/parsed_head.hpp"
#include "test/support/base64url.hpp"
#include "tls/keyed_digest.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>

namespace fairlead::http {
namespace {

using namespace std::chrono_literals;
using fairlead::test::base64url;

const std::string secret = "a secret of thirty-two bytes, yes";
const auto now = std::chrono::system_clock::time_point(1'800'000'000s);

std::string token_of(const std::string& claims, const std::string& header = R"({"alg":"HS256","typ":"JWT"})")
{
    const std::string text = base64url(header) + "." + base64url(claims);
    return text + "." + base64url(tls::hmac_sha256(secret, text));
}

token_rules rules(conf::token_options options = {})
{
    return {std::move(options), {tls::json_web_key::from_secret(secret, "k1")}};
}

std::string reason_of(const token_rules& by, const std::string& token)
{
    const auto verdict = check_token(by, token, now);
    CHECK(verdict.passes == verdict.reason.empty());
    return std::string(verdict.reason);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_SUITE_BEGIN("token_check");

TEST_CASE("a token that is signed by a known key passes, within its time")
{
    CHECK(reason_of(rules(), token_of("{}")) == "");
    CHECK(reason_of(rules(), token_of(R"({"exp":1800000001,"nbf":1799999999})")) == "");
    CHECK(reason_of(rules(), token_of("{}", R"({"alg":"HS256","kid":"k1"})")) == "");
    CHECK(has(reason_of(rules(), token_of("{}", R"({"alg":"HS256","kid":"k2"})")), "signature"));
    conf::token_options strict;
    strict.leeway = 0ms;
    CHECK(has(reason_of(rules(strict), token_of(R"({"exp":1800000000})")), "expired"));
    CHECK(has(reason_of(rules(strict), token_of(R"({"nbf":1800000000.5})")), "not valid yet"));
    CHECK(reason_of(rules(), token_of(R"({"exp":1799999971})")) == ""); // 30 s of leeway
    CHECK(has(reason_of(rules(), token_of(R"({"exp":1799999970})")), "expired"));
    CHECK(has(reason_of(rules(), token_of(R"({"exp":"1900000000"})")), "not numbers"));
}

TEST_CASE("what is altered, unsigned or of another kind does not pass")
{
    const std::string good = token_of(R"({"sub":"ann"})");
    const auto first = good.find('.');
    const auto second = good.rfind('.');
    CHECK(has(
        reason_of(rules(), good.substr(0, first) + "." + base64url(R"({"sub":"bob"})") + good.substr(second)),
        "signature"));
    CHECK(has(reason_of(rules(), good.substr(0, second + 1)), "signature"));
    CHECK(has(reason_of(rules(), base64url(R"({"alg":"none"})") + "." + base64url("{}") + "."), "signature"));
    CHECK(has(reason_of(rules(), token_of("{}", R"({"alg":"RS256"})")), "signature"));
    CHECK(has(reason_of(rules(), token_of("{}", R"({"alg":"hs256"})")), "signature"));
    CHECK(has(reason_of(rules(), token_of("{}", R"({"alg":"HS256","crit":["x"]})")), "not understood"));
    CHECK(has(reason_of(rules(), token_of("[]")), "no object"));
    for (const std::string text : {"", "a", "a.b", "a.b.c", "a.b.c.d", "..", "!.!.!"})
        CHECK(reason_of(rules(), text) != "");
    CHECK(has(reason_of(rules(), std::string(20'000, 'a') + ".b.c"), "compact"));
}

TEST_CASE("issuer and audience are those that the route wants")
{
    conf::token_options options;
    options.issuer = "https://id.test";
    options.audiences = {"chat", "api"};
    const token_rules by = rules(options);
    CHECK(reason_of(by, token_of(R"({"iss":"https://id.test","aud":"api"})")) == "");
    CHECK(reason_of(by, token_of(R"({"iss":"https://id.test","aud":["x","chat"]})")) == "");
    CHECK(has(reason_of(by, token_of(R"({"iss":"https://other.test","aud":"api"})")), "issuer"));
    CHECK(has(reason_of(by, token_of(R"({"aud":"api"})")), "issuer"));
    CHECK(has(reason_of(by, token_of(R"({"iss":"https://id.test","aud":"x"})")), "audience"));
    CHECK(has(reason_of(by, token_of(R"({"iss":"https://id.test","aud":["x",7]})")), "audience"));
    CHECK(has(reason_of(by, token_of(R"({"iss":"https://id.test"})")), "audience"));
}

TEST_CASE("claims become headers, and what would break a head does not")
{
    conf::token_options options;
    options.copy_claims = {{"sub", "X-User"}, {"groups", "X-Groups"}, {"n", "X-N"}, {"gone", "X-Gone"}};
    const auto verdict =
        check_token(rules(options), token_of(R"({"sub":"ann","groups":["a","b"],"n":7,"o":{}})"), now);
    CHECK(verdict.fields == std::vector<conf::header_value>{
                                {"X-User", "ann"}, {"X-Groups", "a,b"}, {"X-N", "7"}, {"X-Gone", ""}});
    CHECK(has(reason_of(rules(options), token_of(R"({"sub":"a\r\nX-Admin: 1"})")), "fits no header"));
    CHECK(has(reason_of(rules(options), token_of(R"({"sub":" a"})")), "fits no header"));
}

TEST_CASE("a token stands in Authorization, a cookie or a parameter, and two of them are two")
{
    using list = std::vector<std::string>;
    conf::token_options options;
    const auto found = [&](const std::string& lines, const std::string& target = "/") {
        const test::parsed_request request("GET " + target + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
        const auto facts = check_request(request.get());
        REQUIRE(facts.has_value());
        return find_tokens(options, request.get(), *facts);
    };
    CHECK(found("Authorization: Bearer t1\r\n") == list{"t1"});
    CHECK(found("authorization: bearer  t1 \r\n") == list{"t1"});
    CHECK(found("Authorization: Basic t1\r\n").empty());
    CHECK(found("Cookie: s=t2\r\n", "/?t=t3").empty());
    CHECK(found("Authorization: Bearer t1\r\nAuthorization: Bearer t2\r\n") == list{"t1", "t2"});
    CHECK(found("Authorization: Bearer t1\r\nAuthorization: t2\r\n") == list{"t1", "t2"});
    options.cookie = "s";
    options.query = "t";
    CHECK(found("Cookie: s=t2\r\n") == list{"t2"});
    CHECK(found("", "/?t=t3") == list{"t3"});
    CHECK(found("Cookie: s=t1; s=t1\r\nAuthorization: Bearer t1\r\n", "/?t=t1") == list{"t1"});
    CHECK(found("Cookie: s=t2\r\nCookie: s=t4\r\n", "/?t=t3") == list{"t2", "t4", "t3"});
    CHECK(found("Authorization: Bearer t1\r\n", "/?t=t3&t=t5") == list{"t1", "t3", "t5"});
}

TEST_SUITE_END();

} // namespace fairlead::http
