#include "proxy/snat/reconciliation.hpp"

#include "test/proxy/snat/port_sets.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::snat;

namespace {

conf::ip_address ip(const char* text) { return conf::parse_ip_address(text).value(); }

const tuple_destination one{ip("10.0.1.1"), 80};
const tuple_destination two{ip("10.0.1.2"), 80};

// Ports of ours before and after, all in use.
space_account account(const char* source, const tuple_destination& to, std::vector<std::uint16_t> before,
                      std::vector<std::uint16_t> after)
{
    space_account out{ip(source), to, ports_of("20000-20009"), std::move(before), std::move(after), {}, 0, 0};
    out.count_before = static_cast<std::uint32_t>(out.before.size());
    out.count_after = static_cast<std::uint32_t>(out.after.size());
    return out;
}

kernel_socket connected(const char* source, std::uint16_t port, const tuple_destination& to)
{
    return {ip(source), port, to, socket_stage::connected};
}

using tuples = std::vector<suspected_tuple>;
using ports = std::vector<suspected_port>;

} // namespace

TEST_CASE("a connection that the ledger does not know is suspected of its tuple and of its port")
{
    const std::vector spaces{account("10.0.0.1", one, {20'000}, {20'000}), account("10.0.0.1", two, {}, {})};
    const auto found =
        compare(spaces, {connected("10.0.0.1", 20'000, one), connected("10.0.0.1", 20'001, one)}, true);
    CHECK(found.tuples == tuples{{0, 20'001}});
    CHECK(found.ports == ports{{ip("10.0.0.1"), 20'001}});
    CHECK(found.unknown.empty());
}

TEST_CASE("what a worker claims or gives back while the kernel lists is not suspected")
{
    const std::vector spaces{account("10.0.0.1", one, {20'000}, {20'001})};
    const auto found =
        compare(spaces, {connected("10.0.0.1", 20'000, one), connected("10.0.0.1", 20'001, one)}, true);
    CHECK(found.tuples.empty());
    CHECK(found.ports.empty());
    CHECK(found.unknown.empty());
}

TEST_CASE("a stranger's connection to elsewhere is suspected of its port alone")
{
    const std::vector spaces{account("10.0.0.1", one, {}, {}), account("10.0.0.2", one, {}, {})};
    const auto found = compare(spaces,
                               {connected("10.0.0.1", 20'005, {ip("192.0.2.1"), 443}),
                                connected("10.0.0.1", 30'000, {ip("192.0.2.1"), 443}),
                                connected("10.0.0.9", 20'005, {ip("192.0.2.1"), 443})},
                               true);
    CHECK(found.tuples.empty());
    CHECK(found.ports == ports{{ip("10.0.0.1"), 20'005}});
}

TEST_CASE("a listener on every address is suspected of its port with every source, of IPv4 from IPv6 as well")
{
    const std::vector spaces{account("10.0.0.1", one, {}, {}), account("10.0.0.2", two, {}, {})};
    const kernel_socket anywhere{ip("::"), 20'009, {}, socket_stage::listening};
    CHECK(compare(spaces, {anywhere}, true).ports ==
          ports{{ip("10.0.0.1"), 20'009}, {ip("10.0.0.2"), 20'009}});
    const kernel_socket at_one{ip("10.0.0.2"), 20'009, {}, socket_stage::listening};
    CHECK(compare(spaces, {at_one, at_one}, true).ports == ports{{ip("10.0.0.2"), 20'009}});
}

TEST_CASE("TIME_WAIT is nobody's use, unless there are no timestamps to replace it by (RFC 6191)")
{
    const std::vector spaces{account("10.0.0.1", one, {}, {})};
    const kernel_socket waiting{ip("10.0.0.1"), 20'003, one, socket_stage::time_wait};
    const auto with_timestamps = compare(spaces, {waiting}, true);
    CHECK(with_timestamps.tuples.empty());
    CHECK(with_timestamps.ports.empty());
    CHECK(compare(spaces, {waiting}, false).tuples == tuples{{0, 20'003}});
}

TEST_CASE("a tuple that is in use all the while and that the kernel does not have is unknown to it")
{
    auto space = account("10.0.0.1", one, {20'000, 20'001, 20'002, 20'003}, {20'000, 20'001, 20'003});
    space.resting = {20'001};
    const auto found = compare(std::vector{space}, {connected("10.0.0.1", 20'000, one)}, true);
    CHECK(found.unknown == tuples{{0, 20'003}});
    CHECK(found.tuples.empty());
}

TEST_CASE("where the kernel chooses, what it has beyond ours is counted, TIME_WAIT as well")
{
    space_account space{
        ip("10.0.0.1"), one, ports_of("40000-40099", conf::port_selection::kernel), {}, {}, {}, 2, 3};
    std::vector<kernel_socket> sockets;
    for (std::uint16_t port = 40'000; port < 40'010; ++port)
        sockets.push_back(connected("10.0.0.1", port, one));
    sockets.push_back({ip("10.0.0.1"), 40'050, one, socket_stage::time_wait});
    sockets.push_back(connected("10.0.0.1", 50'000, one));
    sockets.push_back(connected("10.0.0.1", 40'060, two));
    const auto found = compare(std::vector{space}, sockets, true);
    CHECK(found.counts == std::vector<std::uint32_t>{8});
    CHECK(found.tuples.empty());
    CHECK(found.ports.empty());
    space.count_before = 30;
    CHECK(compare(std::vector{space}, sockets, true).counts == std::vector<std::uint32_t>{0});
}

TEST_CASE("the filter is each source, or one block of each family when they are many, and every port")
{
    std::vector spaces{account("10.0.0.1", one, {}, {}), account("10.0.0.1", two, {}, {})};
    spaces.push_back(account("fd00::1", {ip("fd01::1"), 80}, {}, {}));
    spaces.back().ports = ports_of("20005-20020, 30000");
    const auto few = filter_for(spaces);
    REQUIRE(few.sources.size() == 2);
    CHECK(conf::to_string(few.sources[0]) == "10.0.0.1");
    CHECK(conf::to_string(few.sources[1]) == "fd00::1");
    CHECK(conf::to_string(few.ports) == "20000-20020, 30000");
    for (int i = 0; i < 100; ++i) {
        spaces.push_back(account("10.0.0.1", one, {}, {}));
        spaces.back().source.bytes[3] = static_cast<std::uint8_t>(100 + i);
    }
    const auto many = filter_for(spaces);
    REQUIRE(many.sources.size() == 2);
    CHECK(conf::to_string(many.sources[0]) == "10.0.0.0/24");
    CHECK(conf::to_string(many.sources[1]) == "fd00::1");
}
