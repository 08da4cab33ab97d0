#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

// `keys` of one [[listen]] are on line 3 and what follows it.
read_result read_with_listener(std::string_view address, std::string_view keys)
{
    const std::string text = "[[listen]]\naddress = \"" + std::string(address) + "\"\n" + std::string(keys) +
                             "\n" + std::string(pool_lines) + std::string(route_lines);
    return read_config_text(text, "t.toml");
}

brief_list listener_errors(std::string_view address, std::string_view keys)
{
    return brief_errors(read_with_listener(address, keys));
}

} // namespace

TEST_CASE("a list of peers holds blocks of both families and Unix sockets")
{
    const auto result =
        read_with_top("[forward]\ntrusted_proxies = [\"10.0.0.0/8\", \"fd00::/8\", \"192.0.2.1\", \"unix\"]");
    REQUIRE(brief_errors(result).empty());
    const auto& peers = result.value.forward.trusted_proxies;
    REQUIRE(peers.blocks.size() == 3);
    CHECK(to_string(peers.blocks[0]) == "10.0.0.0/8");
    CHECK(to_string(peers.blocks[1]) == "fd00::/8");
    CHECK(to_string(peers.blocks[2]) == "192.0.2.1");
    CHECK(peers.unix_sockets);
    CHECK(read_with_top("").value.forward.trusted_proxies.empty());
}

TEST_CASE("a listener says from whom it takes PROXY protocol headers")
{
    const auto tcp = read_with_listener("0.0.0.0:80", "proxy_protocol_from = \"0.0.0.0/0\"");
    REQUIRE(brief_errors(tcp).empty());
    REQUIRE(tcp.value.listeners.size() == 1);
    CHECK(to_string(tcp.value.listeners[0].proxy_protocol_from.blocks.at(0)) == "0.0.0.0/0");
    const auto local = read_with_listener("unix:/run/a", "proxy_protocol_from = [\"unix\"]");
    REQUIRE(brief_errors(local).empty());
    CHECK(local.value.listeners[0].proxy_protocol_from.unix_sockets);
    CHECK(read_with_listener(":80", "").value.listeners[0].proxy_protocol_from.empty());
}

TEST_CASE("an entry that could never be of use to its listener is refused")
{
    CHECK(listener_errors(":80", "proxy_protocol_from = [\"10.0.0.1\", \"unix\"]") ==
          brief_list{
              "3:36 listen[0].proxy_protocol_from[1]: has no use: this listener takes no connections from "
              "Unix sockets"});
    CHECK(
        listener_errors("unix:/run/a", "proxy_protocol_from = \"10.0.0.1\"") ==
        brief_list{"3:23 listen[0].proxy_protocol_from: has no use: whoever connects to a Unix socket has no "
                   "address; write \"unix\""});
}

TEST_CASE("what is wrong with a list of peers is told where it is written")
{
    const auto errors = [](std::string_view list) {
        return brief_errors(read_with_top("[forward]\ntrusted_proxies = " + std::string(list)));
    };
    CHECK(errors("\"10.0.0.1/8\"") ==
          brief_list{"3:19 forward.trusted_proxies: '10.0.0.1/8' has address bits "
                     "behind its prefix; the block is 10.0.0.0/8"});
    CHECK(errors("[\"lb.internal\"]") ==
          brief_list{
              "3:20 forward.trusted_proxies[0]: 'lb.internal' is not an address, a block or unix such as "
              "\"10.0.1.5\", \"10.0.0.0/8\" or \"unix\""});
    CHECK(errors("[\"::1\", \"::1\"]") ==
          brief_list{"3:27 forward.trusted_proxies[1]: '::1' is listed already"});
    CHECK(errors("[\"::ffff:10.0.0.0/104\"]") ==
          brief_list{"3:20 forward.trusted_proxies[0]: '::ffff:10.0.0.0/104' is IPv4 inside IPv6; write the "
                     "IPv4 block"});
    CHECK(errors("[]").empty());
    CHECK(errors("true").size() == 1);
    CHECK(errors("[1]").size() == 1);
}

TEST_CASE("a list of peers has 256 blocks at most")
{
    const auto list_of = [](int count) {
        std::string list = "[forward]\ntrusted_proxies = [";
        for (int i = 0; i < count; ++i)
            list += "\"10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + "\",";
        return list + "]";
    };
    CHECK(brief_errors(read_with_top(list_of(256))).empty());
    CHECK(brief_errors(read_with_top(list_of(257))).size() == 1);
}

} // namespace fairlead::conf
