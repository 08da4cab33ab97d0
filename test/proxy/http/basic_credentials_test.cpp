#include "proxy/http/basic_credentials.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;
using http::basic_credentials;
using state = http::basic_credentials::state;

namespace {

basic_credentials of(const std::string& lines)
{
    const http::test::parsed_request head("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    return http::read_basic_credentials(head.get());
}

std::string pair(const std::string& value)
{
    const basic_credentials read = of("Authorization: " + value + "\r\n");
    if (read.what != state::given) return read.what == state::missing ? "missing" : "malformed";
    return read.user + " / " + std::string(read.password.view());
}

} // namespace

TEST_CASE("a name and a password are read from base64 (RFC 7617 2)")
{
    CHECK(pair("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") == "Aladdin / open sesame");
    CHECK(pair("bAsIc dGVzdDoxMjPCow==") == "test / 123\xC2\xA3");
    CHECK(pair("Basic   YTpi  ") == "a / b");
    CHECK(pair("Basic YTpiOmM=") == "a / b:c"); // a password may have colons
    CHECK(pair("Basic YTpiOmM") == "a / b:c");  // as some clients send it
    CHECK(pair("Basic YTo=") == "a / ");
    CHECK(pair("Basic OmI=") == " / b");
}

TEST_CASE("another scheme is no password, and what is no base64 of a pair is malformed")
{
    CHECK(of("").what == state::missing);
    CHECK(pair("Bearer YTpi") == "missing");
    CHECK(pair("Basic") == "missing");
    CHECK(pair("Basic YQ==") == "malformed"); // no colon
    for (const std::string text :
         {"Y", "YTpi=", "YTpiOmM==", "YTpi YTpi", "YTpi-_", "YTpj\"", "YTr=", "===="}) {
        CAPTURE(text);
        CHECK(pair("Basic " + text) == "malformed");
    }
    CHECK(pair("Basic YTpiAA==") == "malformed"); // a NUL would end it early for crypt(3)
    CHECK(pair("Basic YQo6Yg==") == "malformed"); // a line end in the name
    CHECK(pair("Basic " + std::string(4096, 'A')) == "malformed");
}

TEST_CASE("of two fields nobody knows which a backend would take")
{
    CHECK(of("Authorization: Basic YTpi\r\nAuthorization: Basic YTpi\r\n").what == state::malformed);
    CHECK(of("Authorization: Basic YTpi\r\nauthorization: Bearer x\r\n").what == state::malformed);
}

TEST_CASE("a name that nobody has is held against some user, always the same")
{
    std::vector<conf::password_entry> users;
    for (const char* name : {"ann", "bob", "eve", "joe"})
        users.push_back({name, std::string("hash of ") + name});
    const auto bob = http::find_user(users, "bob");
    CHECK(bob.is_known);
    CHECK(bob.entry.hash == "hash of bob");
    for (const char* name : {"", "a", "ann ", "Bob", "zoe"}) {
        const auto other = http::find_user(users, name);
        CHECK_FALSE(other.is_known);
        CHECK(&other.entry == &http::find_user(users, name).entry);
    }
    std::size_t seen[4] = {};
    for (int i = 0; i < 200; ++i) // all kinds of hashes, where there is more than one
        ++seen[&http::find_user(users, "nobody" + std::to_string(i)).entry - users.data()];
    for (const std::size_t count : seen)
        CHECK(count > 0);
}

TEST_CASE("the challenge says which characters a password may have (RFC 7617 2.1)")
{
    CHECK(http::challenge_line("a b") == "WWW-Authenticate: Basic realm=\"a b\", charset=\"UTF-8\"\r\n");
}
