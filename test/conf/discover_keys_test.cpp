#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

discover_options read(std::string_view keys)
{
    const auto result = read_with_pool(keys);
    CHECK(brief_errors(result) == brief_list{});
    REQUIRE(result.value.pools.at(0).discover.has_value());
    return *result.value.pools[0].discover;
}

brief_list errors_of(std::string_view keys) { return brief_errors(read_with_pool(keys)); }

} // namespace

TEST_CASE("a pool without backends discovers its members by file, DNS name or service")
{
    const auto file = read("discover = { file = \"members.json\" }");
    CHECK(file.from == member_origin::file);
    CHECK(file.file == "members.json");
    CHECK(read("discover = { file = \"/etc/m.json\", max_members = 9 }").max_members == 9);
    const auto dns = read("discover = { dns = \"Chat.internal.:9000\" }");
    CHECK(dns.from == member_origin::dns);
    CHECK(dns.name == "chat.internal.");
    CHECK(dns.port == 9000);
    CHECK(dns.timeout == duration{5'000});
    CHECK(dns.min_ttl == duration{5'000});
    CHECK(dns.max_ttl == duration{30'000});
    CHECK(dns.max_members == 1'024);
    const auto srv = read("discover = { srv = \"_ws._tcp.chat.example\", timeout = \"1s\", min_ttl = \"1m\", "
                          "resolvers = [\"10.0.0.53\", \"[::1]:8600\", \"fd00::1\"] }");
    CHECK(srv.from == member_origin::srv);
    CHECK(srv.name == "_ws._tcp.chat.example");
    CHECK(srv.max_ttl == duration{60'000});
    REQUIRE(srv.resolvers.size() == 3);
    CHECK(srv.resolvers[0].text == "10.0.0.53:53");
    CHECK(srv.resolvers[1].text == "[::1]:8600");
    CHECK(srv.resolvers[2].text == "[fd00::1]:53");
}

TEST_CASE("backends may be written down beside")
{
    const auto result = read_with_pool("backends = [\"10.0.0.1:80\"]\ndiscover = { dns = \"a:1\" }");
    CHECK(brief_errors(result) == brief_list{});
    CHECK(result.value.pools[0].backends.size() == 1);
    CHECK(brief_errors(read_with_pool("backends = []\ndiscover = { dns = \"a:1\" }")) == brief_list{});
}

TEST_CASE("a pool's source is one, and its keys are those of its kind")
{
    const brief_list one{"3:12 pool.a.discover: names one source: `file`, `dns` or `srv`"};
    CHECK(errors_of("discover = {}") == one);
    CHECK(errors_of("discover = { file = \"a\", dns = \"a:1\" }") == one);
    CHECK(errors_of("balance = \"round-robin\"") ==
          brief_list{"2:1 pool.a: the key 'backends' is missing, or 'discover'"});
    CHECK(errors_of("discover = { file = \"a\", min_ttl = \"2s\" }") ==
          brief_list{"3:36 pool.a.discover.min_ttl: is for `dns` and `srv` only"});
}

TEST_CASE("names, name servers and bounds that are none are refused")
{
    for (const auto* text : {"chat", "chat:0", "10.0.0.1:80", "unix:/a", "-a:1", "a:1-2", ""})
        CHECK(errors_of("discover = { dns = \"" + std::string(text) + "\" }").size() == 1);
    for (const auto* text : {"10.0.0.1", "a b", "a:1", ""})
        CHECK(errors_of("discover = { srv = \"" + std::string(text) + "\" }").size() == 1);
    for (const auto* text : {"dns.example", "10.0.0.1:0", "10.0.0", "::1:53:53:1:1:1:1:1:1"})
        CHECK(errors_of("discover = { dns = \"a:1\", resolvers = [\"" + std::string(text) + "\"] }").size() ==
              1);
    CHECK(errors_of("discover = { dns = \"a:1\", min_ttl = \"10s\", max_ttl = \"6s\" }") ==
          brief_list{"3:54 pool.a.discover.max_ttl: 6s is shorter than min_ttl, which is 10s"});
    CHECK(errors_of("discover = { file = \"\" }") ==
          brief_list{"3:21 pool.a.discover.file: wants the name of a file"});
}

} // namespace fairlead::conf
