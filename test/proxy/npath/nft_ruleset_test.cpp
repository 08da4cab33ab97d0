#include "proxy/npath/nft_ruleset.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::npath {
namespace {

using namespace std::chrono_literals;

conf::ip_address ip(std::string_view text)
{
    const auto address = conf::parse_ip_address(text);
    REQUIRE(address.has_value());
    return *address;
}

nft_service two_backends(std::string_view address, std::string_view first, std::string_view second)
{
    nft_service service;
    service.name = "web";
    service.address = ip(address);
    service.port = 80;
    service.interface = "e0";
    service.own_link = {{2, 0, 0, 0, 0, 0xd}};
    service.flow_timeout = 1h;
    service.slot_count = 251;
    service.members = {{7, ip(first), {{2, 0, 0, 0, 0, 0x21}}}, {9, ip(second), {{2, 0, 0, 0, 0, 0x22}}}};
    service.slots = {0, 1, 0};
    return service;
}

bool has_line(const std::string& script, std::string_view line)
{
    return ("\n" + script).find("\n" + std::string(line) + "\n") != std::string::npos;
}

using line_list = std::vector<std::string>;

// Each line without "netdev fairlead_npath_web", which all of them have behind the command.
line_list lines_without_table(const std::string& script)
{
    constexpr std::string_view table = " netdev fairlead_npath_web";
    line_list lines;
    for (std::size_t begin = 0; begin < script.size();) {
        const auto end = script.find('\n', begin);
        std::string line = script.substr(begin, end - begin);
        const auto at = line.find(table);
        CHECK(at != line.npos);
        line.erase(at, table.size());
        lines.push_back(std::move(line));
        begin = end + 1;
    }
    return lines;
}

} // namespace

TEST_CASE("an IPv4 service's script, whole")
{
    nft_service service = two_backends("10.5.0.100", "10.5.0.21", "10.5.0.22");
    service.members.pop_back();
    service.slots = {0, 0};
    const auto script = service_script(service, {"b3_0a050014"}, {ip("10.5.0.20")});
    const line_list expected{
        "add table",
        "add map flows { typeof tcp sport . ip saddr : meta mark; size 1000000; flags "
        "dynamic,timeout; }",
        "add set closing { typeof tcp sport . ip saddr; size 1000000; flags dynamic,timeout; }",
        "add map members { type mark : verdict; }",
        "add map slots { type mark : verdict; }",
        "add counter unserved",
        "add chain choose",
        "add chain follow",
        "add chain errors",
        "add chain ingress { type filter hook ingress device \"e0\" priority 0; policy accept; }",
        "add counter packets_0a050015",
        "add counter flows_0a050015",
        "add chain b7_0a050015",
        "flush map slots",
        "flush map members",
        "flush chain ingress",
        "flush chain follow",
        "flush chain choose",
        "flush chain errors",
        "flush chain b7_0a050015",
        "add rule b7_0a050015 meta mark set 0",
        "add rule b7_0a050015 tcp flags & (fin | rst) != 0 update @closing { tcp sport . ip "
        "saddr timeout 60s }",
        "add rule b7_0a050015 tcp sport . ip saddr != @closing update @flows { tcp sport . ip "
        "saddr timeout 3600000ms : 7 }",
        "add rule b7_0a050015 tcp sport . ip saddr @closing update @flows { tcp sport . ip saddr "
        "timeout 60s : 7 }",
        "add rule b7_0a050015 tcp flags & (syn | ack) == syn counter name flows_0a050015",
        "add rule b7_0a050015 counter name packets_0a050015 ether saddr set 02:00:00:00:00:0d "
        "ether daddr set 02:00:00:00:00:21 fwd to \"e0\" comment \"10.5.0.21\"",
        "add rule follow meta mark set 0",
        "add rule follow tcp flags & (syn | ack) == syn delete @closing { tcp sport . ip saddr }",
        "add rule follow tcp flags & (syn | ack) == syn goto choose",
        "add rule follow meta mark set tcp sport . ip saddr map @flows",
        "add rule follow meta mark vmap @members",
        "add rule follow goto choose",
        "add rule choose meta mark set 0",
        "add rule choose delete @flows { tcp sport . ip saddr : 0 }",
        "add rule choose meta mark set jhash tcp sport . ip saddr mod 251 seed 2117253027",
        "add rule choose meta mark vmap @slots",
        "add rule choose counter name unserved",
        "add rule errors ether saddr set 02:00:00:00:00:0d ether daddr set 02:00:00:00:00:21 dup "
        "to \"e0\"",
        "add rule ingress meta pkttype host ip daddr 10.5.0.100 tcp dport 80 goto follow",
        "add rule ingress meta pkttype host ip daddr 10.5.0.100 icmp type "
        "destination-unreachable jump errors",
        "add element members { 7 : goto b7_0a050015 }",
        "add element slots { 0 : goto b7_0a050015, 1 : goto b7_0a050015 }",
        "add chain b3_0a050014",
        "flush chain b3_0a050014",
        "delete chain b3_0a050014",
        "add counter packets_0a050014",
        "delete counter packets_0a050014",
        "add counter flows_0a050014",
        "delete counter flows_0a050014"};
    const line_list lines = lines_without_table(script);
    REQUIRE(lines.size() == expected.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        CHECK(lines[i] == expected[i]);
}

TEST_CASE("an IPv6 key is not longer than 16 bytes, and is prepared before each use")
{
    const std::string script = service_script(two_backends("fd05::100", "fd05::21", "fd05::22"), {}, {});
    constexpr std::string_view prepare =
        "meta mark set jhash @nh,64,64 mod 2147483648 seed 1 offset 2147483648";
    const std::string chain = "add rule netdev fairlead_npath_web ";
    for (const std::string_view user :
         {"follow", "choose", "b7_fd050000000000000000000000000021", "b9_fd050000000000000000000000000022"})
    {
        const std::string begin = chain + std::string(user) + " ";
        const auto first = script.find(begin);
        REQUIRE(first != std::string::npos);
        CHECK(script.substr(first + begin.size(), prepare.size()) == prepare);
    }
    CHECK(script.find("tcp sport . ip6 saddr timeout") == std::string::npos);
    CHECK(has_line(
        script, chain + "follow meta mark set tcp sport . meta mark . @nh,128,32 . @nh,160,32 map @flows"));
    CHECK(has_line(script, chain + "ingress meta pkttype host ip6 daddr fd05::100 icmpv6 type { "
                                   "destination-unreachable, packet-too-big } jump errors"));
}

TEST_CASE("each slot leads to the chain of its member")
{
    const std::string script = service_script(two_backends("10.5.0.100", "10.5.0.21", "10.5.0.22"), {}, {});
    CHECK(has_line(script, "add element netdev fairlead_npath_web slots { 0 : goto b7_0a050015, 1 : goto "
                           "b9_0a050016, 2 : goto b7_0a050015 }"));
    CHECK(has_line(script, "add element netdev fairlead_npath_web members { 7 : goto b7_0a050015, 9 : goto "
                           "b9_0a050016 }"));
}

TEST_CASE("with no member nothing is added to the maps, and with no slots members keep their connections")
{
    nft_service service = two_backends("10.5.0.100", "10.5.0.21", "10.5.0.22");
    service.slots.clear();
    CHECK(service_script(service, {}, {}).find("add element netdev fairlead_npath_web slots") ==
          std::string::npos);
    CHECK(service_script(service, {}, {}).find("add element netdev fairlead_npath_web members") !=
          std::string::npos);
    service.members.clear();
    CHECK(service_script(service, {}, {}).find("add element") == std::string::npos);
}

TEST_CASE("two services hash differently, two directors of one service alike")
{
    const auto seed_of = [](const nft_service& service) {
        const std::string script = service_script(service, {}, {});
        const auto at = script.find(" mod 251 seed ");
        return script.substr(at, script.find('\n', at) - at);
    };
    nft_service one = two_backends("10.5.0.100", "10.5.0.21", "10.5.0.22");
    nft_service same = one;
    same.own_link = {};
    same.name = "other";
    CHECK(seed_of(one) == seed_of(same));
    same.port = 81;
    CHECK(seed_of(one) != seed_of(same));
}

TEST_CASE("a table is removed whether it is there or not")
{
    CHECK(removal_script("fairlead_npath_a.b") ==
          "add table netdev fairlead_npath_a.b\ndelete table netdev fairlead_npath_a.b\n");
}

} // namespace fairlead::npath
