#include "conf/config_diff.hpp"

#include "conf/known_keys.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace fairlead::conf {

namespace {

config read_text_config(std::string_view text)
{
    const auto result = read_config_text(text, "t.toml");
    REQUIRE(brief_errors(result).empty());
    return result.value;
}

config two_pools(std::string_view more = "")
{
    return read_text_config(std::string(R"(
[[listen]]
address = "127.0.0.1:1"
[pool.a]
backends = ["10.0.0.1:80", { address = "10.0.0.2:80", weight = 2 }]
[pool.b]
backends = ["10.0.1.1:80"]
[[route]]
name = "one"
path = "/one/"
pool = "a"
[[route]]
name = "two"
pool = "b"
)") + std::string(more));
}

item_change only(const std::vector<item_change>& changes)
{
    REQUIRE(changes.size() == 1);
    return changes.front();
}

std::vector<std::string> keys_of(const config_diff& diff)
{
    std::vector<std::string> keys;
    const auto add = [&](const std::vector<item_change>& items) {
        for (const auto& item : items) {
            for (const auto& key : item.keys) {
                keys.push_back(key.key);
            }
        }
    };
    add(diff.listeners);
    add(diff.pools);
    add(diff.backends);
    add(diff.routes);
    for (const auto& key : diff.settings) {
        keys.push_back(key.key);
    }
    return keys;
}

// The configurations without and with a key, each as its reader wants it.
std::pair<read_result, read_result> without_and_with(const key_row& row)
{
    const std::string line = std::string(row.name) + " = " + std::string(row.example) + "\n";
    std::string before;
    if (row.name == "message_burst") before = "message_rate = \"1/s\"\n";
    if (row.name == "byte_burst") before = "byte_rate = \"1/s\"\n";
    if (row.name == "slow_least" || row.name == "slow_answers") before = "slow_factor = 2\n";
    const std::string backends = "backends = [\"10.0.0.1:80\"]\n";
    if (row.section == "pool.NAME.health" || row.section == "pool.NAME.eject") {
        const std::string table = "[pool.a." + std::string(row.section.substr(10)) + "]\n";
        const bool is_http = table == "[pool.a.health]\n" && row.name != "kind";
        const std::string kind = row.name == "subprotocol" ? "websocket" : "http";
        const std::string base = backends + table + (is_http ? "kind = \"" + kind + "\"\n" : before);
        const std::string path = is_http ? "path = \"/\"\n" : "";
        return {read_with_pool(base + path), read_with_pool(base + (row.name == "path" ? "" : path) + line)};
    }
    if (row.section == "pool.NAME") {
        if (row.name == "dead_tunnels") before = "health = {}\n";
        const std::string source = row.name.starts_with("port") ? "source = \"10.0.1.1\"\n" : "";
        return {read_with_pool(backends + source + before),
                read_with_pool(backends + source + before + line)};
    }
    if (row.section == "route") {
        if (row.name == "strip_prefix") before = "path = \"/chat/\"\n";
        if (row.name == "rewrite_cookie_path") before = "add_prefix = \"/v2\"\n";
        const std::string base = "name = \"r\"\n" + before;
        return {read_with_route(base), read_with_route(base + line)};
    }
    const std::string section = "[" + std::string(row.section) + "]\n" + before;
    return {read_with_top(row.section.empty() ? "" : section),
            read_with_top(row.section.empty() ? line : section + line)};
}

} // namespace

TEST_CASE("a configuration is not different from itself, nor from one that is written differently")
{
    CHECK(compare(two_pools(), two_pools()).empty());
    const auto spelled = read_text_config(R"(
[[listen]]
address = "127.0.0.1:1"
# the pools in another order, and a default spelled out
[pool.b]
backends = ["10.0.1.1:80"]
backoff = "1000ms"
[pool.a]
backends = [{ address = "10.0.0.1:80" }, { address = "10.0.0.2:80", weight = 2 }]
[[route]]
name = "one"
path = "/one/"
pool = "a"
[[route]]
name = "two"
pool = "b"
)");
    CHECK(compare(two_pools(), spelled).empty());
}

TEST_CASE("routes, pools, backends and listeners are added and removed by name")
{
    const auto before = two_pools();
    const auto after = two_pools(R"([pool.c]
backends = ["10.0.2.1:80"]
[[route]]
name = "three"
path = "/3"
pool = "c"
[[listen]]
address = "127.0.0.1:2"
)");
    const auto diff = compare(before, after);
    CHECK(only(diff.pools) == item_change{change_kind::added, "c", "", {}});
    CHECK(only(diff.routes) == item_change{change_kind::added, "three", "", {}});
    CHECK(only(diff.listeners) == item_change{change_kind::added, "127.0.0.1:2", "", {}});
    CHECK(diff.backends.empty()); // they came with their pool
    const auto back = compare(after, before);
    CHECK(only(back.pools).what == change_kind::removed);
    CHECK(only(back.routes).what == change_kind::removed);
    CHECK(only(back.listeners).what == change_kind::removed);
}

TEST_CASE("backends of a pool that stays are told one by one, with their weights")
{
    const auto before = two_pools();
    auto after = two_pools();
    after.pools[0].backends[1].weight = 5;
    const auto heavier = only(compare(before, after).backends);
    CHECK(heavier == item_change{change_kind::changed, "10.0.0.2:80", "a", {{"weight", "2", "5", false}}});
    after.pools[0].backends[1].weight = 2;
    after.pools[0].backends[1].priority = 1;
    const auto backup = compare(before, after).backends.at(0);
    CHECK(backup == item_change{change_kind::changed, "10.0.0.2:80", "a", {{"priority", "0", "1", false}}});
    after.pools[0].backends[1].priority = 0;
    after.pools[0].queue.emplace();
    CHECK(compare(before, after).pools.at(0).keys.at(0).key == "queue");
    after.pools[0].queue.reset();
    after.pools[0].backends.erase(after.pools[0].backends.begin());
    after.pools[0].backends[0].weight = 2;
    CHECK(only(compare(before, after).backends) == item_change{change_kind::removed, "10.0.0.1:80", "a", {}});
}

TEST_CASE("how backends are checked and ejected is told key by key where it was before")
{
    const auto with = [](const std::string& keys) {
        const auto read = read_with_pool("backends = [\"10.0.0.1:80\"]\n" + keys);
        REQUIRE(brief_errors(read).empty());
        return read.value;
    };
    const std::string before = "health = { path = \"/a\" }\neject = {}\n";
    const auto told = only(compare(with(before), with(R"(health = { path = "/b", every = "9s" }
eject = { share = "30%", statuses = "500-599" }
)"))
                               .pools);
    CHECK(told.keys == std::vector<key_change>{{"health.path", "/a", "/b", false},
                                               {"health.every", "5s", "9s", false},
                                               {"eject.share", "20%", "30%", false},
                                               {"eject.statuses", "", "", false}});
    CHECK(only(compare(with(before), with("eject = {}\n")).pools).keys ==
          std::vector<key_change>{{"health", "", "", false}});
}

TEST_CASE("a key tells both values, and whether a reload is not enough")
{
    const auto before = two_pools();
    const auto after = two_pools(R"([timeouts]
head = "5s"
[drain]
order = "newest-first"
[limits]
header_bytes = "16KiB"
[socket]
backlog = 100
)");
    CHECK(compare(before, after).settings ==
          std::vector<key_change>{{"timeouts.head", "10s", "5s", false},
                                  {"drain.order", "oldest-first", "newest-first", false},
                                  {"limits.header_bytes", "32KiB", "16KiB", false},
                                  {"socket.backlog", "4096", "100", true}});
}

TEST_CASE("another [websocket] is told at the routes that have it from there")
{
    const auto diff = compare(two_pools(), two_pools("[websocket]\nping_every = \"30s\"\n"));
    CHECK(diff.settings.empty());
    REQUIRE(diff.routes.size() == 2);
    CHECK(diff.routes[1].keys == std::vector<key_change>{{"websocket.ping_every", "0", "30s", false}});
}

TEST_CASE("the order of routes counts, and those that come and go between them do not change it")
{
    const auto before = two_pools();
    auto after = two_pools();
    std::swap(after.routes[0], after.routes[1]);
    CHECK(keys_of(compare(before, after)) == std::vector<std::string>{"order of routes"});
    after = two_pools();
    auto between = after.routes[1];
    between.name = "between";
    after.routes.insert(after.routes.begin() + 1, between);
    CHECK(compare(before, after).settings.empty());
}

TEST_CASE("no key of the schema is forgotten")
{
    // Names things, makes tables, or is another command's.
    const auto is_left_out = [](const key_row& row) {
        return row.type == value_type::table_list || row.name == "include" || row.name == "npath" ||
               (row.section.empty() && row.name != "workers") || row.section.starts_with("npath") ||
               row.section.starts_with("listen") || row.section == "admin" ||
               full_name(row) == "process.group" || // has no use without a user
               row.section.ends_with(".NAME") || row.section == "pool.NAME.backends" ||
               row.section == "pool.NAME.rebalance" || row.section == "pool.NAME.sticky" ||
               row.section == "pool.NAME.retry" || row.section == "pool.NAME.hedge" ||
               row.section == "pool.NAME.health.expect_body" || row.section == "pool.NAME.tls" ||
               row.section == "pool.NAME.discover" || row.section == "route.client_certificate" ||
               row.section == "source" || row.section == "route.respond" ||
               row.section == "route.request_rate" || row.section == "route.auth_request" ||
               row.section == "route.jwt" || row.name == "jwt" || row.section == "route.cors" ||
               row.section == "route.basic_auth" || row.name == "basic_auth" ||
               row.section == "route.compression" || row.section == "error_pages" ||
               row.name == "error_pages" || row.name.starts_with("redirect") || row.name == "respond" ||
               (row.section == "route" && (row.name == "name" || row.name == "pool")) ||
               row.name == "websocket";
    };
    for (const auto& row : known_keys()) {
        const bool is_pools = row.section == "pool.NAME" && row.name != "backends";
        // The limit is told at each backend, and a queue needs one.
        const bool is_limit =
            row.section == "pool.NAME" && (row.name == "max_connections" || row.name == "queue");
        if ((is_left_out(row) && !is_pools) || is_limit || row.section == "pool.NAME.queue") {
            continue;
        }
        CAPTURE(full_name(row));
        const auto [without, with] = without_and_with(row);
        REQUIRE(brief_errors(without).empty());
        REQUIRE(brief_errors(with).empty());
        if (row.name == "port_selection" || (row.default_text == row.example)) {
            continue; // its example is what holds without it
        }
        const auto keys = keys_of(compare(without.value, with.value));
        CHECK_FALSE(keys.empty());
        CHECK(std::ranges::any_of(keys, [&](const auto& key) { return key.ends_with(row.name); }));
    }
}

} // namespace fairlead::conf
