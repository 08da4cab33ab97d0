#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

namespace {

brief_list listen_errors(std::string_view text)
{
    const std::string rest = std::string(pool_lines) + std::string(route_lines);
    return brief_errors(read_config_text(std::string(text) + "\n" + rest, "t.toml"));
}

} // namespace

TEST_CASE("every key of the process reaches its field")
{
    const auto result = read_with_top(R"(workers = 3
[admin]
address = "unix:/run/admin"
[timeouts]
head = "1s"
keep_alive = "2s"
body = "3s"
write = "4s"
connect = "5ms"
response = "6s"
response_body = "7s"
total = "9s"
upstream_idle = "8s"
[limits]
header_bytes = 2048
header_count = 9
target_bytes = "1KiB"
body_bytes = "1GB"
pending_bytes = "1MiB"
idle_upstream = 0
memory_limit = "64MiB"
[socket]
no_delay = false
not_sent_low_water = 0
keepalive_idle = 0
keepalive_interval = "3s"
keepalive_count = 5
user_timeout = "6s"
backlog = 7
[drain]
delay = "3s"
window = 0
close_timeout = "10ms"
[log]
level = "error"
format = "json"
access = "./access.log"
requests = true
[forward]
via = false
via_name = "edge"
x_forwarded = false
forwarded = true
trusted_proxies = ["10.0.0.0/8", "fd00::/8", "192.0.2.1", "unix"]
request_id = "")");
    REQUIRE(brief_errors(result).empty());
    const auto& value = result.value;
    CHECK(value.workers == 3);
    CHECK(value.admin.address->text == "unix:/run/admin");
    CHECK(value.timeouts == timeout_options{1s, 2s, 3s, 4s, 5ms, 6s, 7s, 9s, 8s});
    CHECK(value.limits == limit_options{2'048, 9, 1'024, 1'000'000'000, 1 << 20, 0, 64UL << 20});
    CHECK(value.socket == socket_options{false, 0, 0s, 3s, 5, 6s, 7});
    CHECK(value.drain == drain_options{3s, 0s, 10ms});
    CHECK(value.log == log_options{.level = log_level::error,
                                   .format = log_format::json,
                                   .access = "./access.log",
                                   .requests = true});
    const std::vector<cidr> proxies{*parse_cidr("10.0.0.0/8"), *parse_cidr("fd00::/8"),
                                    *parse_cidr("192.0.2.1")};
    CHECK(value.forward == forward_options{false, "edge", false, true, "", {proxies, true}});
}

TEST_CASE("without their tables the defaults hold, and there is no admin listener")
{
    const auto result = read_with_top("");
    REQUIRE(result.ok());
    CHECK(result.value.workers == 0);
    CHECK_FALSE(result.value.admin.address.has_value());
    CHECK(result.value.timeouts == timeout_options{});
    CHECK(result.value.log == log_options{});
}

TEST_CASE("addresses to listen on are addresses, each once")
{
    CHECK(listen_errors("[[listen]]\naddress = \"localhost:80\"") ==
          brief_list{"2:11 listen[0].address: 'localhost:80' is a name; an address to listen on is written "
                     "as IP:PORT, "
                     ":PORT, [IPv6]:PORT or unix:/PATH"});
    CHECK(listen_errors("[[listen]]\naddress = \"80\"")[0].starts_with(
        "2:11 listen[0].address: '80' is not an address"));
    CHECK(listen_errors("[[listen]]\naddress = 80") ==
          brief_list{"2:11 listen[0].address: wants text in quotes, not an integer"});
    CHECK(listen_errors("[[listen]]") == brief_list{"1:1 listen[0]: the key 'address' is missing"});
    CHECK(listen_errors("[[listen]]\naddress=\":80\"\n[[listen]]\naddress=\"[::0]:80\"") ==
          brief_list{"4:9 listen[1].address: [::]:80 is listened on already, at t.toml:1:1"});
    CHECK(listen_errors("[[listen]]\naddress=\":0\"\n[[listen]]\naddress=\":0\"").empty());
    CHECK(listen_errors("[[listen]]\naddress=\":80\"\n[admin]\naddress=\":80\"") ==
          brief_list{"4:9 admin.address: [::]:80 is listened on already, at t.toml:1:1"});
    CHECK(listen_errors("[listen]\naddress=\":80\"") ==
          brief_list{"1:1 listen: each address to listen on is a table of its own: [[listen]]"});
    CHECK(listen_errors("") == brief_list{"0:0 there is no [[listen]]: say on which address to listen"});
    CHECK(listen_errors("listen = [3]") == brief_list{"1:11 listen[0]: wants a table, not an integer"});
}

TEST_CASE("a value of the wrong type says which is wanted")
{
    const auto first = [](std::string_view top) { return brief_errors(read_with_top(top)).at(0); };
    CHECK(first("workers = \"4\"") == "2:11 workers: wants an integer, not '4'");
    CHECK(first("workers = 4.0") == "2:11 workers: wants an integer, not a number with a fraction");
    CHECK(first("workers = 257") == "2:11 workers: 257 is out of range: 1 to 256, or 0");
    CHECK(first("workers = -9223372036854775808").find("out of range") != std::string::npos);
    CHECK(first("timeouts = 3") == "2:12 timeouts: wants a table, not an integer");
    CHECK(first("[timeouts]\nhead = 30") ==
          "3:8 timeouts.head: wants a duration such as \"250ms\", \"30s\", \"5m\" or "
          "\"1h30m\", not an integer (did you mean \"30s\"?)");
    CHECK(first("[timeouts]\nhead = \"48h\"") ==
          "3:8 timeouts.head: '48h' is out of range: 1ms to 24h, or 0");
    CHECK(first("[limits]\nheader_bytes = \"16K\"") ==
          "3:16 limits.header_bytes: wants a size such as 512, \"64KiB\" or \"1MiB\", not '16K'");
    CHECK(first("[socket]\nno_delay = 1") == "3:12 socket.no_delay: wants true or false, not an integer");
    CHECK(first("[socket]\nkeepalive_idle = \"1500ms\"") ==
          "3:18 socket.keepalive_idle: wants whole seconds");
    CHECK(first("[log]\nlevel = \"warning\"") ==
          "3:9 log.level: 'warning' is none of debug, info, warn, error (did you mean 'warn'?)");
    CHECK(first("[log]\nlevel = 1") == "3:9 log.level: wants text in quotes, not an integer");
    CHECK(first("[log]\naccess = \"stdot\"").ends_with("(did you mean 'stdout'?)"));
    CHECK(first("[log]\naccess = \"/var/log/\"").find("is none of") != std::string::npos);
    CHECK(first("[forward]\nvia_name = \"a b\"") ==
          "3:12 forward.via_name: 'a b' is not a token (RFC 9110 5.6.2)");
    CHECK(first("[forward]\nrequest_id = \"a:\"").find("is not a header name") != std::string::npos);
    CHECK(first("[forward]\nrequest_id = \"Host\"").find("a meaning of its own") != std::string::npos);
    CHECK(first("[forward]\nrequest_id = \"Connection\"").find("a meaning of its own") != std::string::npos);
}

TEST_CASE("an unknown key is told with the nearest known one, or with the table it belongs to")
{
    const auto first = [](std::string_view top) { return brief_errors(read_with_top(top)).at(0); };
    CHECK(first("worker = 1") == "2:1 unknown key 'worker' (did you mean 'workers'?)");
    CHECK(first("[timeout]") == "2:2 unknown key 'timeout' (did you mean 'timeouts'?)");
    CHECK(first("[timeouts]\nkeepalive = 0") ==
          "3:1 timeouts: unknown key 'keepalive' (did you mean 'keep_alive'?)");
    CHECK(first("[drain]\nbacklog = 1") == "3:1 drain: unknown key 'backlog' (it is a key of socket)");
    CHECK(first("[drain]\nworkers = 1") ==
          "3:1 drain: unknown key 'workers' (it belongs at the top of the file)");
    CHECK(first("banana = 1") == "2:1 unknown key 'banana'");
}

} // namespace fairlead::conf
