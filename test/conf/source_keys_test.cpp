#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

constexpr std::string_view backends = "backends = [\"10.0.0.1:80\", \"[fd00::1]:80\"]\n";

pool_options pool_with(std::string_view top, std::string_view keys)
{
    const std::string text = std::string(listen_line) + std::string(top) + "[pool.a]\n" +
                             std::string(backends) + std::string(keys) + "\n" + std::string(route_lines);
    const auto result = read_config_text(text, "t.toml");
    CHECK(brief_errors(result).empty());
    return result.value.pools.at(0);
}

std::vector<std::string> pool_errors(std::string_view keys, const host_ports& host = {})
{
    const std::string text =
        "listen = [{ address = \":20000\" }, { address = \"127.0.0.1:20002\" }]\n[pool.a]\n" +
        std::string(backends) + "source = \"10.0.0.9\"\n" + std::string(keys) + "\n" +
        std::string(route_lines);
    return brief_errors(read_config_text(text, "t.toml", {host, {}}));
}

} // namespace

TEST_CASE(
    "a source's ports are by default those outside the kernel's range that the proxy does not listen on")
{
    CHECK(to_string(pool_with("", "source = \"10.0.0.9\"").ports) == "1024-32767, 61000-65535");
    const std::string text = "listen = [{ address = \":8080\" }]\nadmin = { address = \"127.0.0.1:61000\" }\n"
                             "[pool.a]\nbackends = [\"10.0.0.1:80\"]\nsource = \"10.0.0.9\"\n" +
                             std::string(route_lines);
    const auto result = read_config_text(text, "t.toml", {{{10'000, 50'000}, {{9'000, 9'000}}}, {}});
    REQUIRE(result.ok());
    CHECK(to_string(result.value.pools[0].ports) ==
          "1024-8079, 8081-8999, 9001-9999, 50001-60999, 61001-65535");
}

TEST_CASE("[source] is the default of every pool, and each of its keys can be set for a pool")
{
    constexpr std::string_view top =
        "[source]\naddresses = [\"10.0.1.0/30\", \"fd00::7\"]\nports = \"20000-20999\"\n";
    const auto inherited = pool_with(top, "");
    REQUIRE(inherited.source.size() == 2);
    CHECK(to_string(inherited.source[0]) == "10.0.1.0/30");
    CHECK(to_string(inherited.ports) == "20000-20999");
    CHECK(inherited.port_selection == port_selection::ledger);
    const auto own = pool_with(top, "source = \"10.0.9.9\"\nports = \"3000\"");
    REQUIRE(own.source.size() == 1);
    CHECK(to_string(own.source[0]) == "10.0.9.9");
    CHECK(to_string(own.ports) == "3000");
    const auto by_kernel = pool_with(top, "port_selection = \"kernel\"");
    CHECK(by_kernel.port_selection == port_selection::kernel);
    CHECK(to_string(by_kernel.ports) == "32768-60999");
}

TEST_CASE("a pool takes only the default addresses of its backends' families")
{
    const std::string text =
        std::string(listen_line) + "[source]\naddresses = [\"10.0.1.0/30\", \"fd00::7\"]\n" +
        std::string(pool_lines) + "[pool.b]\nbackends = [\"unix:/a\"]\n" + std::string(route_lines);
    const auto result = read_config_text(text, "t.toml");
    REQUIRE(result.ok());
    REQUIRE(result.value.pools[0].source.size() == 1);
    CHECK_FALSE(result.value.pools[0].source[0].address.is_v6);
    CHECK(result.value.pools[1].source.empty());
}

TEST_CASE("replicas cut the same ports into parts, whatever each listens on")
{
    const auto of = [](std::string_view replica, std::string_view listen) {
        const std::string text = "listen = [{ address = \"" + std::string(listen) +
                                 "\" }]\n[source]\nreplica = \"" + std::string(replica) + "\"\n" +
                                 "[pool.a]\nbackends = [\"10.0.0.1:80\"]\n" + "source = \"10.0.0.9\"\n" +
                                 std::string(route_lines);
        const auto result = read_config_text(text, "t.toml");
        REQUIRE(result.ok());
        return result.value.pools[0].ports;
    };
    const auto one = of("1/2", ":8080");
    const auto two = of("2/2", ":8081");
    CHECK(common_ports(one, two).empty());
    CHECK(to_string(one) == "1024-8079, 8081-19163");
    CHECK(to_string(two) == "19164-32767, 61000-65535");
}

TEST_CASE("ports in the kernel's range or that the proxy listens on are refused, with what to write")
{
    CHECK(pool_errors("ports = \"1024-19999\"").empty());
    CHECK(pool_errors("ports = \"30000-40000\"") ==
          brief_list{
              "5:9 pool.a.ports: 32768-40000 is in the kernel's own range, where it would starve every other "
              "program: write \"30000-32767\", or narrow net.ipv4.ip_local_port_range, or reserve them "
              "(net.ipv4.ip_local_reserved_ports)"});
    CHECK(pool_errors("ports = \"30000-40000\"", {{32'768, 60'999}, {{32'768, 40'000}}}).empty());
    CHECK(pool_errors("ports = \"19999-20003\"") ==
          brief_list{
              "5:9 pool.a.ports: 20000, 20002 is listened on by this proxy; leave it out: \"19999, 20001, "
              "20003\""});
    CHECK(pool_errors("ports = \"80-90\"") ==
          brief_list{"5:9 pool.a.ports: holds ports below 1024, which are for services"});
    CHECK(pool_errors("ports = \"5-\"")[0].find("'5-' is not a list of ports") != std::string::npos);
    CHECK(pool_errors("ports = \"\"") ==
          brief_list{"5:9 pool.a.ports: is empty; leave it out for the default"});
    CHECK(pool_errors("ports = 5").size() == 1);
}

TEST_CASE("where the kernel chooses, ports are one range inside its own")
{
    CHECK(pool_errors("port_selection = \"kernel\"\nports = \"40000-40999\"").empty());
    CHECK(pool_errors("port_selection = \"kernel\"\nports = \"60000-61000\"") ==
          brief_list{"6:9 pool.a.ports: lies outside the kernel's own range, 32768-60999 "
                     "(net.ipv4.ip_local_port_range), which it does not leave"});
    CHECK(pool_errors("port_selection = \"kernel\"\nports = \"40000, 50000\"") ==
          brief_list{"6:9 pool.a.ports: has to be one range when the kernel chooses the port"});
    CHECK(pool_errors("port_selection = \"bitmap\"").size() == 1);
}

TEST_CASE("a machine whose every port is the kernel's leaves none to the ledger")
{
    CHECK(pool_errors("", {{1'024, 65'535}, {}}) ==
          brief_list{
              "4:10 pool.a.source: no port is left to dial from: net.ipv4.ip_local_port_range gives all of "
              "them to the kernel; narrow it, or set port_selection = \"kernel\""});
    CHECK(pool_errors("port_selection = \"kernel\"", {{1'024, 65'535}, {}}).empty());
}

TEST_CASE("[source] is checked like a pool")
{
    const auto errors = [](std::string_view keys) {
        return brief_errors(read_with_top("[source]\n" + std::string(keys)));
    };
    CHECK(errors("addresses = [\"10.0.1.0/24\", \"10.0.1.7\"]") ==
          brief_list{"3:29 source.addresses[1]: 10.0.1.7 overlaps 10.0.1.0/24, which is listed already"});
    CHECK(errors("replica = \"3/2\"") ==
          brief_list{"3:11 source.replica: '3/2' is not the number of a replica such as \"1/2\" or \"2/2\""});
    CHECK(errors("ports = \"40000\"").size() == 1);
    CHECK(errors("port = \"40000\"").size() == 1);
    CHECK(brief_errors(read_with_top("source = \"10.0.0.1\"")) ==
          brief_list{"2:10 source: wants a table: [source] with addresses = [\"10.0.1.0/28\"]"});
}

TEST_CASE("ports without a source have no use")
{
    CHECK(
        brief_errors(read_with_pool("backends = [\"10.0.0.1:80\"]\nports = \"20000-29999\"")) ==
        brief_list{"4:9 pool.a.ports: has no use without source: then the kernel chooses address and port"});
}

TEST_CASE("an interface stands for its addresses of the backends' families")
{
    const host_facts host{{},
                          {{"eth0", {*parse_ip_address("10.0.1.5"), *parse_ip_address("fd00::5")}},
                           {"eth1", {*parse_ip_address("fd00::6")}},
                           {"down0", {}}}};
    const auto read = [&](std::string_view source) {
        const std::string text = std::string(listen_line) +
                                 "[pool.a]\nbackends = [\"10.0.0.1:80\"]\nsource = " + std::string(source) +
                                 "\n" + std::string(route_lines);
        return read_config_text(text, "t.toml", host);
    };
    const auto result = read("[\"interface:eth0\", \"10.0.2.0/30\"]");
    REQUIRE(result.ok());
    REQUIRE(result.value.pools[0].source.size() == 2);
    CHECK(to_string(result.value.pools[0].source[0]) == "10.0.1.5");
    CHECK(brief_errors(read("\"interface:eth\"")) ==
          brief_list{"4:10 pool.a.source: there is no interface 'eth' here (did you mean 'eth0'?)"});
    for (const auto* other : {"eth1", "down0"}) {
        CHECK(brief_errors(read("\"interface:" + std::string(other) + "\"")) ==
              brief_list{"4:10 pool.a.source: interface '" + std::string(other) +
                         "' has no address to dial a backend from"});
    }
    CHECK(brief_errors(read("[\"10.0.1.0/28\", \"interface:eth0\"]")) ==
          brief_list{"4:26 pool.a.source[1]: 10.0.1.5 overlaps 10.0.1.0/28, which is listed already"});
}

TEST_CASE("source = \"client\" is for a pool or for all, and client_port keeps the port too")
{
    CHECK(pool_with("", "").transparent == transparency::off);
    const auto own = pool_with("", "source = \"client\"");
    CHECK(own.transparent == transparency::address);
    CHECK(own.source.empty());
    CHECK(pool_with("", "source = \"client_port\"").transparent == transparency::address_and_port);
    constexpr std::string_view all = "[source]\naddresses = \"client_port\"\n";
    CHECK(pool_with(all, "").transparent == transparency::address_and_port);
    const auto listed = pool_with(all, "source = \"10.0.0.9\"");
    CHECK(listed.transparent == transparency::off);
    CHECK(listed.source.size() == 1);
}

TEST_CASE("what makes no sense with the client's address is refused at its key")
{
    const auto errors = [](std::string_view keys, const host_facts& host = {}) {
        const std::string text =
            std::string(listen_line) + "[pool.a]\n" + std::string(keys) + "\n" + std::string(route_lines);
        return brief_errors(read_config_text(text, "t.toml", host));
    };
    constexpr std::string_view ip = "backends = [\"10.0.0.1:80\"]\nsource = \"client\"\n";
    CHECK(errors(ip).empty());
    CHECK(errors(std::string(ip) + "ports = \"2000-3000\"") ==
          brief_list{"5:9 pool.a.ports: has no use where connections come from the client's own address"});
    CHECK(errors("backends = [\"unix:/a\"]\nsource = \"client\"") ==
          brief_list{"4:10 pool.a.source: has no use: the pool's backends are Unix sockets"});
    CHECK(errors("backends = [\"10.0.0.1:80\"]\nsource = [\"client\", \"10.0.0.9\"]") ==
          brief_list{"4:11 pool.a.source[0]: 'client' stands alone, not in a list: source = 'client'"});
    host_facts host;
    host.transparent_problem = "needs a capability";
    CHECK(errors(ip, host) == brief_list{"4:10 pool.a.source: needs a capability"});
    CHECK(errors("backends = [\"10.0.0.1:80\"]", host).empty());
}

} // namespace fairlead::conf
