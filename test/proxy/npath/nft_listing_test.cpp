#include "proxy/npath/nft_listing.hpp"

#include "proxy/npath/nft_ruleset.hpp"

#include <doctest/doctest.h>

namespace fairlead::npath {
namespace {

using text_list = std::vector<std::string>;

// As nft 1.0.6 writes it.
constexpr std::string_view meta =
    R"({"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}})";

std::string listing(std::string_view objects)
{
    return "{\"nftables\": [" + std::string(meta) + (objects.empty() ? "" : ", ") + std::string(objects) +
           "]}";
}

} // namespace

TEST_CASE("tables of ours are found among others")
{
    CHECK(listed_tables(listing("")) == text_list{});
    CHECK(listed_tables(listing(R"({"table": {"family": "netdev", "name": "fairlead_npath_a.b", "handle": 2}},
        {"table": {"family": "netdev", "name": "mine", "handle": 3}},
        {"table": {"family": "inet", "name": "fairlead_npath_x", "handle": 4}})")) ==
          text_list{"fairlead_npath_a.b"});
}

TEST_CASE("what is no listing is told from an empty one")
{
    for (const std::string_view text : {"", "[]", "{}", "{\"nftables\": 1}", "{\"nftables\": [", "nonsense"})
    {
        CAPTURE(text);
        CHECK_FALSE(listed_tables(text).has_value());
        CHECK(listed_members(text).empty());
        CHECK(listed_counters(text).empty());
    }
    CHECK(listed_tables(R"({"nftables": [1, "a", {"table": 2}, {"table": {"name": 3}}]})") == text_list{});
}

TEST_CASE("members are read back from the names of their chains")
{
    const auto v4 = *conf::parse_ip_address("10.5.0.21");
    const auto v6 = *conf::parse_ip_address("fd05::21");
    std::string chains;
    for (const std::string& name :
         {std::string("ingress"), member_chain(7, v4), member_chain(4'000'000, v6),
          std::string("b0_0a050015"), std::string("bx_0a050015"), std::string("b1_0a0500"),
          std::string("b1_0a05001x"), std::string("b"), std::string("b99999999999_0a050015")})
    {
        chains += chains.empty() ? "" : ", ";
        chains += R"({"chain": {"family": "netdev", "table": "t", "name": ")" + name + R"(", "handle": 1}})";
    }
    CHECK(listed_members(listing(chains)) == std::vector<listed_member>{{7, v4}, {4'000'000, v6}});
}

TEST_CASE("counters are read with their packets and bytes")
{
    const auto counters =
        listed_counters(listing(R"({"counter": {"family": "netdev", "name": "unserved", "table": "t", )"
                                R"("handle": 7, "packets": 5, "bytes": 300}})"));
    REQUIRE(counters.size() == 1);
    CHECK(counters[0].name == "unserved");
    CHECK(counters[0].packets == 5);
    CHECK(counters[0].bytes == 300);
}

} // namespace fairlead::npath
