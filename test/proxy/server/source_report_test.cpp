#include "proxy/server/source_report.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace fairlead;

namespace {

struct bench
{
    upstream::backend_registry registry;
    snat::tuple_ledger ledger;
    std::vector<std::shared_ptr<const upstream::pool>> pools;
    std::vector<snat::tuple_lease> leases;

    const upstream::pool& add(const char* name, std::vector<const char*> backends,
                              std::vector<const char*> sources)
    {
        conf::pool_options written;
        written.name = name;
        for (const auto* text : backends)
            written.backends.push_back({conf::parse_endpoint(text).value(), 1, {}});
        for (const auto* text : sources)
            written.source.push_back(conf::parse_cidr(text).value());
        written.ports = {{20'000, 20'499}};
        pools.push_back(
            std::make_shared<const upstream::pool>(written, conf::timeout_options{}, registry, ledger));
        return *pools.back();
    }
    void dial(const upstream::pool& from, const char* ip, std::uint16_t port)
    {
        auto lease = from.source()->acquire({conf::parse_ip_address(ip).value(), port},
                                            std::chrono::steady_clock::now());
        REQUIRE(lease.has_value());
        leases.push_back(std::move(*lease));
    }
    std::vector<std::string> report() const
    {
        std::vector<std::string> out;
        for (const auto& each : server::report_sources(ledger, pools, 28'232)) {
            out.push_back(each.pool + " " + each.source + " " + each.destination + " " +
                          std::to_string(each.in_use) + "/" + std::to_string(each.capacity));
        }
        std::sort(out.begin(), out.end());
        return out;
    }
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("a pool's sources are told with what is in use and what there is")
{
    bench at;
    const auto& chat = at.add("chat", {"10.0.0.1:80"}, {"10.0.9.0/31"});
    CHECK(at.report().empty());
    for (int i = 0; i < 3; ++i)
        at.dial(chat, "10.0.0.1", 80);
    CHECK(at.report() == lines{"chat 10.0.9.0 10.0.0.1:80 2/500", "chat 10.0.9.1 10.0.0.1:80 1/500"});
}

TEST_CASE("a pool without a source is told by its connections against the kernel's ports")
{
    bench at;
    const auto& plain = at.add("plain", {"10.0.0.2:80", "app.internal:81", "unix:/run/app.sock"}, {});
    const upstream::backend_use use(*plain.backends()[0]);
    const upstream::idle_mark idle(*plain.backends()[0]);
    CHECK(at.report() == lines{"plain any 10.0.0.2:80 2/28232"});
    plain.backends()[1]->publish(
        {conf::parse_ip_address("10.0.0.3").value(), conf::parse_ip_address("10.0.0.4").value()});
    CHECK(at.report() == lines{"plain any 10.0.0.2:80 2/28232", "plain any app.internal:81 0/56464"});
}

TEST_CASE("tuples that two pools share are told for both, those of another pool for neither")
{
    bench at;
    const auto& first = at.add("first", {"10.0.0.1:80", "10.0.0.2:80"}, {"10.0.9.1"});
    at.add("second", {"10.0.0.1:80"}, {"10.0.9.0/30"});
    const auto& third = at.add("third", {"10.0.0.1:80"}, {"10.0.8.1"});
    at.dial(first, "10.0.0.1", 80);
    at.dial(first, "10.0.0.2", 80);
    at.dial(third, "10.0.0.1", 80);
    CHECK(at.report() == lines{"first 10.0.9.1 10.0.0.1:80 1/500", "first 10.0.9.1 10.0.0.2:80 1/500",
                               "second 10.0.9.1 10.0.0.1:80 1/500", "third 10.0.8.1 10.0.0.1:80 1/500"});
}

TEST_CASE("IPv6 sources and the addresses behind a name are told as well")
{
    bench at;
    const auto& named = at.add("named", {"app.internal:80"}, {"fd00:1::/64"});
    named.backends()[0]->publish({conf::parse_ip_address("fd00::1").value()});
    at.dial(named, "fd00::1", 80);
    const lines report = at.report();
    REQUIRE_FALSE(report.empty());
    CHECK(std::count_if(report.begin(), report.end(),
                        [](const auto& line) { return line.ends_with(" 1/500"); }) == 1);
    CHECK(report.front().starts_with("named fd00:1::"));
    CHECK(report.front().find("[fd00::1]:80") != std::string::npos);
}
