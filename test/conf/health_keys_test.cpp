#include "conf/health_keys.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

using namespace std::chrono_literals;

namespace {

pool_options pool_with(std::string_view keys)
{
    const auto result = read_with_pool("backends = [\"10.0.0.1:80\"]\n" + std::string(keys));
    REQUIRE(brief_errors(result).empty());
    return result.value.pools.at(0);
}

std::string error_with(std::string_view keys, std::string_view backends = "[\"10.0.0.1:80\"]")
{
    const auto errors =
        brief_errors(read_with_pool("backends = " + std::string(backends) + "\n" + std::string(keys)));
    REQUIRE(errors.size() == 1);
    return errors.front().substr(errors.front().find(' ') + 1); // without its place
}

// The example and the default of each key of a sub-table, as the whole of it.
std::string table_with(const key_row& row, std::string_view value)
{
    const auto name = row.section.substr(row.section.rfind('.') + 1);
    std::string before;
    if (row.name == "kind" || row.name == "host" || row.name.starts_with("expect")) before = "path = \"/\", ";
    return std::string(name) + " = { " + before + std::string(row.name) + " = " + std::string(value) + " }";
}

} // namespace

TEST_CASE("every key of a check reaches its field")
{
    const auto pool = pool_with(R"([pool.a.health]
kind = "http"
path = "/healthz"
host = "app.example.com:81"
port = 9900
expect_status = "200-299, 404"
expect_body = { regex = "o.k" }
every = "2s"
timeout = "500ms"
rise = 4
fall = 5)");
    health_options expected;
    expected.kind = check_kind::http;
    expected.path = "/healthz";
    expected.host = "app.example.com:81";
    expected.port = 9900;
    expected.expect_status = {{200, 299}, {404, 404}};
    expected.expect_body = {"o.k", true};
    expected.timing = {2s, 500ms, 4, 5};
    CHECK(pool.health == expected);
    CHECK(pool_with("health = { path = \"/\", expect_body = \"ok\" }").health->expect_body ==
          body_match{"ok", false});
}

TEST_CASE("a pool without these keys is not checked, ejects nobody, starts at once and keeps tunnels")
{
    const auto pool = pool_with("");
    CHECK_FALSE(pool.health);
    CHECK_FALSE(pool.eject);
    CHECK(pool.slow_start == 0ms);
    CHECK(pool.dead_tunnels == dead_tunnel_handling::keep);
    CHECK(pool_with("health = {}").health == health_options{});
    CHECK(pool_with("eject = {}").eject == eject_options{});
    CHECK(pool_with("slow_start = \"30s\"").slow_start == 30s);
    CHECK(pool_with("health = {}\ndead_tunnels = \"close\"").dead_tunnels == dead_tunnel_handling::close);
}

TEST_CASE("the kind follows from the path, and a WebSocket without one asks for /")
{
    CHECK(pool_with("health = { path = \"/up\" }").health->kind == check_kind::http);
    CHECK(pool_with("health = { kind = \"websocket\" }").health->path == "/");
    CHECK(pool_with("health = { kind = \"websocket\", path = \"/ws\" }").health->path == "/ws");
}

TEST_CASE("every key of an ejection reaches its field")
{
    const auto pool = pool_with(R"([pool.a.eject]
failures = 3
share = "50%"
window = "30s"
statuses = "500-599"
backoff = "1s"
max_backoff = "2m"
max_ejected = "30%")");
    CHECK(pool.eject == eject_options{3, 50, 30s, {{500, 599}}, 1s, 2min, 30});
    CHECK(pool_with("eject = { backoff = \"1h\" }").eject->max_backoff == 1h);
}

TEST_CASE("the schema's defaults and examples of checks and ejections are accepted and are the structs'")
{
    for (const auto& row : known_keys()) {
        if (row.section != "pool.NAME.health" && row.section != "pool.NAME.eject") continue;
        CAPTURE(full_name(row));
        (void)pool_with(table_with(row, row.example));
        if (row.default_text.empty() || row.name == "kind") continue;
        const auto plain = pool_with("health = { path = \"/\" }\neject = {}");
        const auto by_default = pool_with(table_with(row, row.default_text));
        if (row.section == "pool.NAME.eject") {
            CHECK(by_default.eject == plain.eject);
        } else {
            CHECK(by_default.health->expect_status == plain.health->expect_status);
            CHECK(by_default.health->timing == plain.health->timing);
        }
    }
}

TEST_CASE("what a check has no use for, or cannot be done, is refused with what to do")
{
    CHECK(error_with("health = { kind = \"http\" }") ==
          "pool.a.health.kind: an HTTP check needs a path, such as \"/readyz\"");
    CHECK(error_with("health = { kind = \"tcp\", path = \"/\" }") ==
          "pool.a.health.path: a TCP check asks for no path; kind = \"http\" does");
    CHECK(error_with("health = { kind = \"websocket\", expect_body = \"x\" }") ==
          "pool.a.health.expect_body: has no use here; it is for kind = \"http\"");
    CHECK(error_with("health = { host = \"a\" }") ==
          "pool.a.health.host: has no use here; it is for kind = \"http\" and \"websocket\"");
    CHECK(error_with("health = { path = \"/\", host = \"a b\" }") ==
          "pool.a.health.host: 'a b' is not a host, such as app.example.com");
    CHECK(error_with("health = { port = 80 }", "[\"unix:/run/a.sock\"]") ==
          "pool.a.health.port: the pool has a Unix socket, which has no port");
    CHECK(error_with("health = { every = \"1s\", timeout = \"2s\" }") ==
          "pool.a.health.timeout: 2s is longer than every, which is 1s");
    CHECK(error_with("health = { path = \"/\", expect_body = { regex = \"(\" } }")
              .starts_with("pool.a.health.expect_body.regex: "));
    CHECK(error_with("health = { path = \"/\", expect_body = 1 }") ==
          "pool.a.health.expect_body: wants \"a part of the body\" or { regex = \"...\" }");
    CHECK(error_with("dead_tunnels = \"close\"") ==
          "pool.a.dead_tunnels: nothing finds a backend dead without health; add a check, such as health = { "
          "path = \"/healthz\" }");
    CHECK(error_with("eject = { backoff = \"10s\", max_backoff = \"1s\" }") ==
          "pool.a.eject.max_backoff: 1s is shorter than backoff, which is 10s");
}

TEST_CASE("statuses and shares that are none are refused")
{
    for (const std::string_view wrong : {"", "200-", "99", "600", "300-200", "200,", "20O", "2xx", "0200"}) {
        CAPTURE(wrong);
        CHECK(error_with("eject = { statuses = \"" + std::string(wrong) + "\" }") ==
              "pool.a.eject.statuses: '" + std::string(wrong) +
                  "' is not a list of statuses, such as \"200-299, 404\"");
    }
    for (const std::string_view wrong : {"", "50", "101%", "-1%", "5.5%", "% 5"}) {
        CAPTURE(wrong);
        CHECK(error_with("eject = { share = \"" + std::string(wrong) + "\" }") ==
              "pool.a.eject.share: '" + std::string(wrong) + "' is not a share, such as \"50%\"");
    }
    CHECK(pool_with("eject = { share = \"0%\", max_ejected = \"100%\" }").eject->max_ejected == 100);
}

} // namespace fairlead::conf
