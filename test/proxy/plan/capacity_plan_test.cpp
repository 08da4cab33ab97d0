#include "proxy/plan/capacity_plan.hpp"

#include "proxy/plan/memory_figures.hpp"
#include "test/proxy/plan/planning.hpp"

#include <algorithm>

using namespace fairlead;
using plan::limit;
using plan::test::planning;
using plan::test::pool;
using plan::test::route;
using plan::test::says;

namespace {

const std::string wide = pool("a", "\"10.0.0.1:80-83\"", "source = \"10.0.1.0/28\"") + route("a");

const plan::setting& setting_of(const plan::capacity_plan& made, std::string_view name)
{
    const auto found = std::ranges::find(made.settings, name, &plan::setting::name);
    REQUIRE(found != made.settings.end());
    return *found;
}

} // namespace

TEST_CASE("the first limit to end comes first")
{
    planning at;
    at.machine.descriptors_hard = 20'000;
    const auto made = at.make(wide);
    REQUIRE(made.limits.size() == 4);
    CHECK(made.limits[0].what == limit::kind::descriptors);
    // 160 of the process, 2 workers with 4 and a listener each.
    CHECK(made.limits[0].connections == (20'000 - 160 - 2 * 5) / 2);
    CHECK(made.limits[1].what == limit::kind::pool_tuples);
    CHECK(made.limits[1].connections == 16 * 4 * 36'279);
    CHECK(made.fits());
}

TEST_CASE("a number that fits is told so, and one more is not")
{
    planning at;
    at.machine.descriptors_hard = 200'170;
    at.wanted.all = 100'000;
    CHECK(at.make(wide).fits());
    CHECK(at.make(wide).descriptors_needed == 200'170);
    at.wanted.all = 100'001;
    CHECK(says(at.make(wide), "LimitNOFILE=200172"));
}

TEST_CASE("a hard limit above fs.nr_open needs that first")
{
    planning at;
    at.machine.nr_open = 1'048'576;
    at.machine.descriptors_hard = 1'048'576;
    at.wanted.all = 600'000;
    CHECK(says(at.make(wide), "sysctl -w fs.nr_open=1200170, then LimitNOFILE=1200170"));
}

TEST_CASE("open files of the machine, memory and connection tracking are limits too")
{
    planning at;
    at.wanted.all = 100'000;
    SUBCASE("fs.file-max, with what is open already")
    {
        at.machine.file_max = 200'000;
        CHECK(says(at.make(wide), "sysctl -w fs.file-max=201170"));
    }
    SUBCASE("memory")
    {
        at.machine.memory_bytes = 512ULL << 20;
        const auto made = at.make(wide);
        CHECK(says(made, "memory (512 MiB) is enough for "));
        CHECK(made.memory.kernel_bytes == 100'000 * plan::kernel_bytes_per_tunnel);
    }
    SUBCASE("connection tracking, two entries each")
    {
        at.machine.conntrack_max = 131'072;
        at.machine.conntrack_count = 72;
        const auto made = at.make(wide);
        CHECK(says(made, "connection tracking (nf_conntrack_max) is enough for 65,500 connections"));
        CHECK(says(made, "sysctl -w net.netfilter.nf_conntrack_max=200072"));
    }
    SUBCASE("connection tracking that has tracked nothing is none")
    {
        at.machine.conntrack_max = 131'072;
        at.machine.conntrack_count = 0;
        const auto made = at.make(wide);
        CHECK(made.fits());
        CHECK_FALSE(setting_of(made, "net.netfilter.nf_conntrack_max").is_enough);
    }
}

TEST_CASE("settings that only cost are told without making it a failure")
{
    planning at;
    at.wanted.all = 100'000;
    at.machine.somaxconn = 128;
    at.machine.time_wait_buckets = 1'000;
    at.machine.tcp_mem = {{1'000, 2'000, 3'000}};
    at.machine.unprivileged_port_start = 9'000; // above the listener's port
    const auto made = at.make(wide);
    CHECK(made.fits());
    CHECK(setting_of(made, "net.core.somaxconn").change == "sysctl -w net.core.somaxconn=4096");
    CHECK_FALSE(setting_of(made, "net.ipv4.tcp_max_tw_buckets").is_enough);
    CHECK_FALSE(setting_of(made, "net.ipv4.tcp_mem (pressure, pages)").is_enough);
    CHECK_FALSE(setting_of(made, "net.ipv4.ip_unprivileged_port_start").is_enough);
    CHECK(setting_of(made, "net.ipv4.ip_local_port_range").is_enough);
}

TEST_CASE("what a machine does not show is left out")
{
    planning at;
    at.machine.file_max = at.machine.nr_open = at.machine.somaxconn = std::nullopt;
    at.machine.tcp_mem.reset();
    at.machine.memory_bytes = 0;
    const auto made = at.make(wide);
    for (const auto* name : {"fs.file-max", "fs.nr_open", "net.core.somaxconn", "net.ipv4.tcp_mem", "memory"})
        CHECK(std::ranges::find(made.settings, name, &plan::setting::name) == made.settings.end());
    CHECK(made.limits.size() == 2);
}

TEST_CASE("a number for all may go to any pool, but to no more than the max_connections of its routes")
{
    planning at;
    at.wanted.all = 100'000;
    const std::string text =
        pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.0/30\"") + pool("b", "\"10.0.0.2:80\"") + route("a");
    CHECK(says(at.make(text + route("b")),
               "pool b has source tuples for 28,232 connections, 100,000 are asked for"));
    CHECK(at.make(text + route("b", "max_connections = 28232")).fits());
    CHECK(says(at.make(text + route("b", "max_connections = 28233")), "28,233 are asked for"));
    CHECK(at.make(text).fits()); // no route to b
}

TEST_CASE("shares of pools are asked of those pools, the rest of a number for all of the others")
{
    planning at;
    const std::string text = pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.0/30\"") +
                             pool("b", "\"10.0.0.2:80\"") + route("a") + route("b");
    at.wanted.by_pool = {{"a", 100'000}};
    auto made = at.make(text);
    CHECK(made.fits());
    CHECK(made.connections == 100'000);
    CHECK(made.pools[1].demand == 0);
    at.wanted.all = 120'000;
    made = at.make(text);
    CHECK(made.fits());
    CHECK(made.connections == 120'000);
    CHECK(made.pools[1].demand == 20'000);
}

TEST_CASE("unasked, the needs are those of every tuple, or of all routes' max_connections")
{
    planning at;
    const std::string text = pool("a", "\"10.0.0.1:80\"", "source = \"10.0.1.1\"\nports = \"2000-2999\"");
    CHECK(at.make(text + route("a")).connections == 1'000);
    CHECK(at.make(text + route("a", "max_connections = 300")).connections == 300);
}
