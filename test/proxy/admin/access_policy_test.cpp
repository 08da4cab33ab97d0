#include "proxy/admin/access_policy.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include <unistd.h>

using namespace fairlead;
using namespace fairlead::admin;
using conf::admin_right;
using metrics::admin_refusal;

namespace {

constexpr const char* changing = "change-0123456789abcdef";
constexpr const char* reading = "read-0123456789abcdef";

// A policy with a token of each kind.
struct gate
{
    explicit gate(conf::admin_options options = {}, bool has_tokens = true, bool is_unix = false)
    {
        if (!options.address) options.address = conf::parse_endpoint("127.0.0.1:9900");
        if (has_tokens) {
            std::ofstream(change_file) << changing << '\n';
            std::ofstream(read_file) << reading << '\n';
            options.token_file = change_file;
            options.read_token_file = read_file;
        }
        policy.emplace(options, is_unix);
    }
    ~gate()
    {
        ::unlink(change_file.c_str());
        ::unlink(read_file.c_str());
    }

    unsigned status(const claim& by)
    {
        last = policy->judge(by);
        return last.refusal ? last.refusal->status : 200;
    }

    std::string change_file = "/tmp/fairlead-policy-" + std::to_string(::getpid()) + "-change";
    std::string read_file = "/tmp/fairlead-policy-" + std::to_string(::getpid()) + "-read";
    std::optional<access_policy> policy;
    judgement last;
};

std::string bearer(const std::string& token) { return "Bearer " + token; }

conf::admin_options anonymous_may(admin_right right)
{
    conf::admin_options out;
    out.anonymous = right;
    return out;
}

} // namespace

TEST_CASE("a token gives what it is for, and no more")
{
    gate at(anonymous_may(admin_right::none));
    const std::string change = bearer(changing);
    const std::string read = bearer(reading);
    CHECK(at.status({.method = "POST", .authorization = change}) == 200);
    CHECK(at.last.by == "token");
    CHECK(at.status({.method = "GET", .authorization = change}) == 200);
    CHECK(at.status({.method = "GET", .authorization = read}) == 200);
    CHECK(at.last.by == "read token");
    CHECK(at.status({.method = "DELETE", .authorization = read}) == 403);
    CHECK(at.last.reason == admin_refusal::not_permitted);
}

TEST_CASE("whoever shows nothing is asked for a token, and a wrong one is none (RFC 6750 3)")
{
    gate at(anonymous_may(admin_right::none));
    CHECK(at.status({.method = "GET"}) == 401);
    CHECK(at.last.reason == admin_refusal::no_credentials);
    CHECK(at.last.refusal->header_lines == "WWW-Authenticate: Bearer realm=\"fairlead\"\r\n");
    for (const auto& shown :
         {bearer("wrong"), bearer(""), std::string("Bearer"), bearer(std::string(changing) + "x"),
          bearer(std::string(changing).substr(1)), "Basic " + std::string(changing), std::string(changing)})
    {
        CAPTURE(shown);
        CHECK(at.status({.method = "GET", .authorization = shown}) == 401);
        CHECK(at.last.reason == admin_refusal::wrong_credentials);
        CHECK(at.last.refusal->body.find(changing) == std::string::npos);
    }
    const std::string lower = "bearer   " + std::string(changing);
    CHECK(at.status({.method = "GET", .authorization = lower}) == 200);
}

TEST_CASE("a wrong token is refused where nothing needs to be shown, too")
{
    gate at(anonymous_may(admin_right::read));
    const std::string wrong = bearer("wrong");
    CHECK(at.status({.method = "GET"}) == 200);
    CHECK(at.status({.method = "GET", .authorization = wrong}) == 401);
    CHECK(at.status({.method = "POST"}) == 401);
    gate without(anonymous_may(admin_right::change), false);
    CHECK(without.status({.method = "POST", .authorization = wrong}) == 200); // nobody asked for it
}

TEST_CASE("what cannot be had by a token is forbidden rather than asked for")
{
    gate without(anonymous_may(admin_right::read), false);
    CHECK(without.status({.method = "POST"}) == 403);
    conf::admin_options options = anonymous_may(admin_right::none);
    options.read_only = true;
    gate at(options);
    const std::string change = bearer(changing);
    CHECK(at.status({.method = "POST", .authorization = change}) == 403);
    CHECK(at.status({.method = "POST"}) == 403);
    CHECK(at.status({.method = "GET", .authorization = change}) == 200);
    CHECK(at.status({.method = "GET"}) == 401);
}

TEST_CASE("everybody may ask whether the process is alive, and a certificate is enough for all")
{
    gate at(anonymous_may(admin_right::none));
    CHECK(at.status({.method = "GET", .is_open_page = true}) == 200);
    CHECK(at.status({.method = "POST", .is_open_page = true}) == 401);
    CHECK(at.status({.method = "POST", .is_verified = true}) == 200);
}

TEST_CASE("a Unix socket lets in whoever its permissions do")
{
    gate at({}, false, true);
    CHECK(at.status({.method = "POST", .host = "evil.example"}) == 200);
    CHECK(at.status({.method = "DELETE"}) == 200);
}

TEST_CASE("at loopback a page whose name was made to resolve there is not answered")
{
    conf::admin_options options = anonymous_may(admin_right::change);
    options.hosts = {"admin.example.com"};
    gate at(options, false);
    for (const auto* host : {"127.0.0.1:9900", "localhost", "LocalHost:9900", "fairlead.localhost",
                             "[::1]:9900", "10.0.0.1", "Admin.Example.com:9900", ""})
    {
        CAPTURE(host);
        CHECK(at.status({.method = "GET", .host = host}) == 200);
    }
    for (const auto* host :
         {"evil.example", "evil.example:9900", "localhost.evil.example", "127.0.0.1.evil.example",
          "xlocalhost", "127.0.0.1@evil.example", "[evil.example]", "example.com"})
    {
        CAPTURE(host);
        CHECK(at.status({.method = "GET", .host = host}) == 421);
        CHECK(at.last.reason == admin_refusal::host);
        CHECK(at.status({.method = "GET", .host = host, .is_open_page = true}) == 421);
    }
}

TEST_CASE("where others than this machine ask, Host is what they call it, unless hosts are listed")
{
    conf::admin_options options = anonymous_may(admin_right::read);
    options.address = conf::parse_endpoint("10.0.0.1:9900");
    gate at(options, false);
    CHECK(at.status({.method = "GET", .host = "fairlead:9900"}) == 200);
    options.hosts = {"fairlead"};
    gate strict(options, false);
    CHECK(strict.status({.method = "GET", .host = "fairlead:9900"}) == 200);
    CHECK(strict.status({.method = "GET", .host = "evil.example"}) == 421);
}

TEST_CASE("a token's file that changes is the token from the next request on, and one that is gone is none")
{
    gate at(anonymous_may(admin_right::none));
    const std::string before = bearer(changing);
    CHECK(at.status({.method = "GET", .authorization = before}) == 200);
    const std::string fresh = "another-0123456789abcdef";
    std::ofstream(at.change_file + ".new") << fresh;
    ::rename((at.change_file + ".new").c_str(), at.change_file.c_str());
    const std::string after = bearer(fresh);
    CHECK(at.status({.method = "GET", .authorization = after}) == 200);
    CHECK(at.status({.method = "GET", .authorization = before}) == 401);
    ::unlink(at.change_file.c_str());
    CHECK(at.status({.method = "GET", .authorization = after}) == 401);
    CHECK(at.policy->problems().size() == 1);
}
