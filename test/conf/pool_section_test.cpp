#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view one_backend = "backends = [\"10.0.0.1:80\"]\n";

brief_list pool_errors(std::string_view keys) { return brief_errors(read_with_pool(keys)); }

brief_list source_errors(std::string_view source)
{
    return pool_errors(std::string(one_backend) + "source = " + std::string(source));
}

} // namespace

TEST_CASE("every key of a pool reaches its field")
{
    const auto result = read_with_pool(R"(backends = [
  "10.0.0.1:80",
  { address = "[fd00::1]:81", weight = 1000, priority = 3 },
  "app:82",
  "unix:/run/a",
]
balance = "random-of-two"
source = ["10.0.1.0/28", "fd00::7"]
proxy_protocol = "v2"
connect_timeout = "1s"
response_timeout = 0
total_timeout = "9s"
backoff = "2s"
max_backoff = "3s")");
    REQUIRE(brief_errors(result).empty());
    REQUIRE(result.value.pools.size() == 1);
    const auto& pool = result.value.pools[0];
    CHECK(pool.name == "a");
    CHECK(pool.where.line == 2);
    REQUIRE(pool.backends.size() == 4);
    CHECK(pool.backends[0].address.text == "10.0.0.1:80");
    CHECK(pool.backends[0].weight == 1);
    CHECK(pool.backends[1].address.text == "[fd00::1]:81");
    CHECK(pool.backends[1].weight == 1'000);
    CHECK(pool.backends[0].priority == 0);
    CHECK(pool.backends[1].priority == 3);
    CHECK(pool.backends[1].where.line == 5);
    CHECK(pool.backends[1].where.column == 3);
    CHECK(pool.backends[2].address.what == endpoint::kind::name);
    CHECK(pool.backends[3].address.what == endpoint::kind::unix_path);
    CHECK(pool.balance == balance_kind::random_of_two);
    CHECK(pool.proxy_protocol == proxy_protocol::v2);
    REQUIRE(pool.source.size() == 2);
    CHECK(to_string(pool.source[0]) == "10.0.1.0/28");
    CHECK(to_string(pool.source[1]) == "fd00::7");
    CHECK(pool.connect_timeout == 1s);
    CHECK(pool.response_timeout == 0s);
    CHECK(pool.total_timeout == 9s);
    CHECK(pool.backoff == 2s);
    CHECK(pool.max_backoff == 3s);
}

TEST_CASE("limits are the pool's, a backend may have its own, and a queue needs one")
{
    const auto result = read_with_pool(
        R"(backends = [
  "a:1",
  { address = "b:1", max_connections = 7 },
  { address = "c:1", max_connections = 0 },
]
max_connections = 20
max_pending = 4
queue = { length = 9, timeout = "250ms" })");
    REQUIRE(brief_errors(result).empty());
    const auto& pool = result.value.pools[0];
    CHECK(pool.backends[0].max_connections == 20);
    CHECK(pool.backends[1].max_connections == 7);
    CHECK(pool.backends[2].max_connections == 0);
    CHECK(pool.max_pending == 4);
    CHECK(pool.queue == queue_options{9, 250ms});
    const auto plain = read_with_pool("backends = [\"a:1\"]\nmax_connections = 1\nqueue = {}");
    CHECK(plain.value.pools[0].queue == queue_options{100, 5s});
    CHECK(pool_errors("backends = [\"a:1\"]\nqueue = {}") ==
          brief_list{
              "4:9 pool.a.queue: nobody would ever wait: set max_connections, of the pool or a backend"});
    CHECK(pool_errors("backends = [\"a:1\"]\nmax_connections = 1\nqueue = { lenght = 1 }") ==
          brief_list{"5:11 pool.a.queue: unknown key 'lenght' (did you mean 'length'?)"});
    CHECK(pool_errors("backends = [\"a:1\"]\nmax_connections = 1\nqueue = { timeout = 0 }").size() == 1);
    CHECK(pool_errors("backends = [\"a:1\"]\nmax_connections = -1").size() == 1);
}

TEST_CASE("a pool of backends alone has the defaults")
{
    const auto result = read_with_pool(one_backend);
    REQUIRE(result.ok());
    const auto& pool = result.value.pools[0];
    CHECK(pool.backends[0].max_connections == 0);
    CHECK(pool.max_pending == 0);
    CHECK_FALSE(pool.queue.has_value());
    CHECK(pool.balance == balance_kind::round_robin);
    CHECK(pool.source.empty());
    CHECK_FALSE(pool.connect_timeout.has_value());
    CHECK_FALSE(pool.response_timeout.has_value());
    CHECK_FALSE(pool.total_timeout.has_value());
    CHECK(pool.backoff == 1s);
    CHECK(pool.max_backoff == 30s);
}

TEST_CASE("a pool needs backends, each of them an address and listed once")
{
    CHECK(pool_errors("") == brief_list{"2:1 pool.a: the key 'backends' is missing, or 'discover'"});
    CHECK(pool_errors("backends = []") ==
          brief_list{"3:12 pool.a.backends: a pool needs at least one backend"});
    CHECK(pool_errors("backends = \"a:1\"") ==
          brief_list{"3:12 pool.a.backends: wants an array: [\"HOST:PORT\", ...]"});
    CHECK(pool_errors("backends = [\"10.0.0.1\"]") ==
          brief_list{"3:13 pool.a.backends[0]: '10.0.0.1' is not a backend; one is IP:PORTS, [IPv6]:PORTS, "
                     "NAME:PORTS or "
                     "unix:/PATH, PORTS such as 9000 or 9000-9003, 256 at most"});
    CHECK(pool_errors("backends = [\"a:0\"]") ==
          brief_list{"3:13 pool.a.backends[0]: 'a:0': a backend's port is 1 to 65535"});
    CHECK(pool_errors("backends = [\"a:1\", \"A:1\"]") ==
          brief_list{"3:20 pool.a.backends[1]: a:1 is listed twice; to send it more, give it a weight"});
    CHECK(pool_errors("backends = [1]")[0].starts_with("3:13 pool.a.backends[0]: wants \"HOST:PORT\" or {"));
    CHECK(pool_errors("backends = [{ weight = 2 }]") ==
          brief_list{"3:13 pool.a.backends[0]: the key 'address' is missing"});
    CHECK(pool_errors("backends = [{ address = \"a:1\", wieght = 2 }]") ==
          brief_list{"3:32 pool.a.backends[0]: unknown key 'wieght' (did you mean 'weight'?)"});
    CHECK(pool_errors("backends = [{ address = \"a:1\", weight = 0 }]") ==
          brief_list{"3:41 pool.a.backends[0].weight: 0 is out of range: 1 to 1000"});
    CHECK(pool_errors("backends = [{ address = \"a:1\", weight = 1001 }]").size() == 1);
    CHECK(pool_errors("backends = [{ address = \"a:1\", priority = 65536 }]") ==
          brief_list{"3:43 pool.a.backends[0].priority: 65536 is out of range: 0 to 65535"});
}

TEST_CASE("each port of an entry is a backend of its own, with the entry's weight and place")
{
    const auto result = read_with_pool(R"(backends = [
  "10.0.0.1:9000-9002",
  { address = "[fd00::1]:80,82", weight = 7 },
  "app:65535",
  "unix:/run/a:1-2",
])");
    REQUIRE(brief_errors(result).empty());
    std::vector<std::string> texts;
    for (const auto& each : result.value.pools[0].backends) {
        texts.push_back(each.address.text);
    }
    CHECK(texts == brief_list{"10.0.0.1:9000", "10.0.0.1:9001", "10.0.0.1:9002", "[fd00::1]:80",
                              "[fd00::1]:82", "app:65535", "unix:/run/a:1-2"});
    CHECK(result.value.pools[0].backends[2].weight == 1);
    CHECK(result.value.pools[0].backends[2].where.line == 4);
    CHECK(result.value.pools[0].backends[4].weight == 7);
    CHECK(result.value.pools[0].backends[4].where.line == 5);
}

TEST_CASE("ports that two entries share, or that are none, are refused with their place")
{
    CHECK(pool_errors("backends = [\"a:1-3\", \"a:3-9\"]") ==
          brief_list{"3:22 pool.a.backends[1]: a:3 is listed twice; to send it more, give it a weight"});
    CHECK(pool_errors("backends = [\"a:0-3\"]") ==
          brief_list{"3:13 pool.a.backends[0]: 'a:0-3': a backend's port is 1 to 65535"});
    for (const auto* wrong :
         {"a:3-1", "a:1,1", "a:", "a:-", "a:1-65536", "a:1-257", "10.0.0.256:1-2", "fd00::1:1-2"})
    {
        CAPTURE(wrong);
        const auto errors = pool_errors("backends = [\"" + std::string(wrong) + "\"]");
        REQUIRE(errors.size() == 1);
        CHECK(errors[0].find(" is not a backend; one is ") != std::string::npos);
    }
    CHECK(pool_errors("backends = [\"a:1-256\"]").empty());
}

TEST_CASE("the balance is one of three words")
{
    CHECK(pool_errors(std::string(one_backend) + "balance = \"round_robin\"") ==
          brief_list{"4:11 pool.a.balance: 'round_robin' is none of round-robin, least-connections, "
                     "random-of-two (did you "
                     "mean 'round-robin'?)"});
}

TEST_CASE("source blocks are whole, apart from each other, and of use to a backend")
{
    CHECK(source_errors("\"10.0.1.5\"").empty());
    CHECK(source_errors("[\"10.0.1.3/28\"]") ==
          brief_list{"4:11 pool.a.source[0]: '10.0.1.3/28' has address bits behind its prefix; the block is "
                     "10.0.1.0/28"});
    CHECK(source_errors("[\"10.0.1.0/33\"]")[0].find("is not an address, a block or an interface") !=
          std::string::npos);
    CHECK(source_errors("[\"eth0\"]")[0].find("is not an address, a block or an interface") !=
          std::string::npos);
    CHECK(source_errors("[\"10.0.1.0/24\", \"10.0.1.7\"]") ==
          brief_list{"4:26 pool.a.source[1]: 10.0.1.7 overlaps 10.0.1.0/24, which is listed already"});
    CHECK(
        source_errors("[\"fd00::1\"]") ==
        brief_list{"4:11 pool.a.source[0]: fd00::1 has no use: no backend of the pool is dialled over IPv6"});
    CHECK(source_errors("[\"224.0.0.1\"]")[0].find("nothing can be dialled from") != std::string::npos);
    CHECK(source_errors("[\"0.0.0.0\"]")[0].find("nothing can be dialled from") != std::string::npos);
    CHECK(source_errors("[]") ==
          brief_list{"4:10 pool.a.source: is empty; leave it out to let the kernel choose the address"});
    CHECK(source_errors("3") ==
          brief_list{"4:10 pool.a.source: wants text in quotes or an array of it, not an integer"});
    CHECK(pool_errors("backends = [\"app:80\"]\nsource = [\"fd00::1\", \"10.0.0.9\"]").empty());
    CHECK(pool_errors("backends = [\"unix:/a\"]\nsource = \"10.0.0.9\"").size() == 1);
}

TEST_CASE("a pool has at most 4096 source addresses")
{
    CHECK(source_errors("[\"10.1.0.0/20\"]").empty());
    CHECK(
        source_errors("[\"10.1.0.0/20\", \"10.2.0.1\"]") ==
        brief_list{
            "4:26 pool.a.source[1]: a pool has at most 4096 source addresses; with 10.2.0.1 they are more"});
    CHECK(source_errors("[\"10.0.0.0/8\"]").size() == 1);
    CHECK(pool_errors("backends = [\"[fd00::1]:1\"]\nsource = [\"fd00::/64\"]").size() == 1);
}

TEST_CASE("the longest back-off is not shorter than the first")
{
    CHECK(pool_errors(std::string(one_backend) + "backoff = \"2s\"\nmax_backoff = \"1s\"") ==
          brief_list{"5:15 pool.a.max_backoff: 1s is shorter than backoff, which is 2s"});
    const auto result = read_with_pool(std::string(one_backend) + "backoff = \"1m\"");
    REQUIRE(result.ok());
    CHECK(result.value.pools[0].max_backoff == 60s);
}

TEST_CASE("pools are tables with plain names")
{
    const auto errors = [](std::string_view pools) {
        return brief_errors(
            read_config_text(std::string(listen_line) + std::string(pools) + std::string(route_lines), "t"));
    };
    CHECK(errors("[pool.\"a b\"]\nbackends=[\"a:1\"]\n[pool.a]\nbackends=[\"a:1\"]\n") ==
          brief_list{"2:7 pool.a b: a pool's name is 1 to 64 letters, digits, '-', '_' and '.'"});
    CHECK(errors("[pool]\na = 1\n")[0] == "3:5 pool.a: wants a table, not an integer");
    CHECK(errors("[[pool]]\n")[0] == "2:1 pool: a pool is a table with its name: [pool.NAME]");
    CHECK(errors("") == brief_list{"0:0 there is no [pool.NAME]: say which backends to send requests to",
                                   "3:8 route[0].pool: there is no pool 'a'"});
}

TEST_CASE("rebalance is off without its table, and what it has not is the default")
{
    CHECK_FALSE(read_with_pool(one_backend).value.pools[0].rebalance.has_value());
    const auto read = [](std::string_view table) {
        const auto result = read_with_pool(std::string(one_backend) + "rebalance = " + std::string(table));
        REQUIRE(brief_errors(result).empty());
        return *result.value.pools[0].rebalance;
    };
    CHECK(read("{}") == rebalance_options{50, 20});
    CHECK(read("{ rate = \"90/min\", threshold = \"1%\" }") == rebalance_options{1.5, 1});
    CHECK(pool_errors("backends = [\"10.0.0.1:80\"]\nrebalance = { rate = \"fast\", threshold = \"0%\" }") ==
          brief_list{"4:22 pool.a.rebalance.rate: 'fast' is not a rate; one is N/s or N/min",
                     "4:42 pool.a.rebalance.threshold: '0%' is not a share; one is 1% to 100%"});
}

} // namespace fairlead::conf
