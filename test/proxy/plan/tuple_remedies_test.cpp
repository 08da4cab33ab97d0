#include "proxy/plan/tuple_remedies.hpp"

#include "test/proxy/plan/planning.hpp"

using namespace fairlead;
using plan::test::planning;
using plan::test::pool;
using plan::test::problems_of;
using plan::test::route;
using plan::test::says;

namespace {

plan::capacity_plan ask(planning& at, std::uint64_t count, const std::string& text)
{
    at.wanted.all = count;
    return at.make(text + route("a"));
}

const std::string one_source = "source = \"10.0.1.1\"";

} // namespace

TEST_CASE("as many source addresses as are missing, and no more")
{
    planning at;
    const auto text = pool("a", "\"10.0.0.1:80\", \"10.0.0.2:80\"", one_source); // 72,558
    CHECK(ask(at, 72'558, text).fits());
    CHECK(says(ask(at, 72'559, text),
               "add 1 source address to pool a: source = [..., ...] (72,558 connections each)"));
    CHECK(says(ask(at, 500'000, text), "add 6 source addresses to pool a"));
    CHECK(says(ask(at, 500'000, text), "in one block a /29"));
}

TEST_CASE("the number of addresses that is named is enough")
{
    planning at;
    CHECK(says(ask(at, 500'000, pool("a", "\"10.0.0.1:80\", \"10.0.0.2:80\"", one_source)), "add 6 source"));
    CHECK(ask(at, 500'000,
              pool("a", "\"10.0.0.1:80\", \"10.0.0.2:80\"",
                   "source = [\"10.0.1.1\", \"10.0.2.0/30\", \"10.0.3.0/31\"]"))
              .fits());
}

TEST_CASE("a pool without sources is given some, with the ports that sources have")
{
    planning at;
    const auto text = pool("a", "\"10.0.0.1:80\"");
    CHECK(says(ask(at, 100'000, text),
               "give pool a 3 source addresses: source = [...] (36,279 connections each)"));
    CHECK(
        ask(at, 100'000, pool("a", "\"10.0.0.1:80\"", "source = [\"10.0.1.1\", \"10.0.1.2\", \"10.0.1.3\"]"))
            .fits());
    CHECK(says(ask(at, 60'000, text),
               "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\" (64,511 from each"));
    CHECK(problems_of(ask(at, 100'000, text)).find("1024 65535") == std::string::npos);
}

TEST_CASE("ports are widened to the default first, then at the cost of the kernel's range")
{
    planning at;
    const auto narrow = pool("a", "\"10.0.0.1:80\"", one_source + "\nports = \"2000-2999\"");
    CHECK(says(ask(at, 36'279, narrow),
               "ports = \"1024-8079, 8081-32767, 61000-65535\", which is the default"));
    const auto made = ask(at, 50'000, narrow);
    CHECK(says(
        made,
        "sysctl -w net.ipv4.ip_local_port_range=\"51025 65535\", and no ports = in the pool (50,000 from"));
    at.host.ports.kernel = {51'025, 65'535};
    CHECK(ask(at, 50'000, pool("a", "\"10.0.0.1:80\"", one_source)).fits());
    CHECK_FALSE(ask(at, 50'001, pool("a", "\"10.0.0.1:80\"", one_source)).fits());
}

TEST_CASE("a way that cannot reach the number is not named")
{
    planning at;
    const auto text = problems_of(ask(at, 64'000, pool("a", "\"10.0.0.1:80\"", one_source)));
    CHECK(text.find("ip_local_port_range") == std::string::npos); // 1,024 are left to the kernel
    const auto huge = problems_of(ask(at, 900'000'000, pool("a", "\"10.0.0.1:80\"", one_source)));
    CHECK(huge.find("add ") == std::string::npos);
    CHECK(huge.find("several machines") != std::string::npos);
}

TEST_CASE("more ports of the backends, as many as are missing")
{
    planning at;
    const auto text = pool("a", "\"10.0.0.1:80\", \"10.0.0.2:80\"", one_source);
    const auto made = ask(at, 300'000, text);
    CHECK(says(made, "list 5 ports for each backend, and let it listen on them: \"10.0.0.1:80-84\""));
    CHECK(ask(at, 300'000, pool("a", "\"10.0.0.1:80-84\", \"10.0.0.2:80-84\"", one_source)).fits());
}

TEST_CASE("where the kernel chooses the ports, it is given a wider range")
{
    planning at;
    const auto text = pool("a", "\"10.0.0.1:80\"", one_source + "\nport_selection = \"kernel\"");
    CHECK(says(ask(at, 40'000, text),
               "give the kernel more ports: sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\""));
}
