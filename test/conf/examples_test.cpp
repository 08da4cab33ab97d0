#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace fairlead::conf {

namespace {

const std::filesystem::path examples = FAIRLEAD_SOURCE_DIR "/conf/examples";

config example(std::string_view name)
{
    auto result = read_config(examples / name);
    for (const auto& error : result.errors) {
        FAIL_CHECK(format_error(error));
    }
    return std::move(result.value);
}

std::string text_of(const std::filesystem::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    REQUIRE(stream.good());
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

// One change of a kind that people and broken disks make.
void mutate(std::string& text, std::mt19937& random)
{
    const auto below = [&](std::size_t bound) { return bound == 0 ? 0 : random() % bound; };
    constexpr std::string_view pieces[] = {"\"",
                                           "'",
                                           "[",
                                           "]",
                                           "{",
                                           "}",
                                           "=",
                                           ".",
                                           "\n",
                                           "\"\"\"",
                                           "[[",
                                           "#",
                                           "\xff",
                                           "\x1b",
                                           "-1",
                                           "0",
                                           "9999999999999999999",
                                           "true",
                                           "1979-05-27",
                                           "\\u0000",
                                           "\r",
                                           ","};
    const auto at = below(text.size());
    switch (random() % 5) {
    case 0: text.erase(at, below(20)); break;
    case 1: text.insert(at, pieces[below(std::size(pieces))]); break;
    case 2: text.insert(at, text.substr(below(text.size()), below(60))); break;
    case 3: text.resize(at); break;
    case 4: {
        if (!text.empty()) {
            text[at] = static_cast<char>(random());
        }
        break;
    }
    }
}

} // namespace

TEST_CASE("the minimal example is one listener, one pool and one route")
{
    const auto value = example("minimal.toml");
    CHECK(value.listeners.size() == 1);
    CHECK(value.pools.size() == 1);
    CHECK(value.routes.size() == 1);
    CHECK(value.timeouts == timeout_options{});
}

TEST_CASE("the chat example sends WebSockets and the API to their pools")
{
    const auto value = example("chat.toml");
    REQUIRE(value.routes.size() == 3);
    CHECK(value.routes[0].only == traffic_kind::websocket);
    CHECK(value.routes[1].strip_prefix == "/api");
    CHECK(value.pools.at(0).balance == balance_kind::least_connections);
    CHECK(value.pools.at(0).backends.at(2).weight == 2);
}

TEST_CASE("the multi-tenant example includes a file for each tenant")
{
    const auto value = example("multi-tenant.toml");
    CHECK(value.files.size() == 3);
    CHECK(value.pools.size() == 6);
    CHECK(value.routes.size() == 6);
    CHECK(value.listeners.size() == 2);
}

TEST_CASE("the 100k example dials from a source pool of sixteen addresses")
{
    const auto value = example("100k.toml");
    REQUIRE(value.pools.size() == 1);
    REQUIRE(value.pools[0].source.size() == 1);
    CHECK(address_count(value.pools[0].source[0]) == 16);
    CHECK(value.socket.backlog == 16'384);
}

TEST_CASE("the health example checks by WebSocket and by HTTP, and ejects by statuses and time")
{
    const auto value = example("health.toml");
    REQUIRE(value.pools.size() == 2);
    REQUIRE(value.pools[0].health);
    CHECK(value.pools[0].health->kind == check_kind::websocket);
    CHECK(value.pools[0].dead_tunnels == dead_tunnel_handling::close);
    CHECK(value.pools[0].panic_threshold == 50);
    REQUIRE(value.pools[1].health);
    CHECK(value.pools[1].health->kind == check_kind::http);
    REQUIRE(value.pools[1].eject);
    CHECK(value.pools[1].eject->slow_factor == 3);
}

TEST_CASE(
    "the TLS example has certificates, a redirect, clients' certificates and backends that are verified")
{
    const auto value = example("tls.toml");
    REQUIRE(value.listeners.size() == 3);
    CHECK(value.listeners[0].tls->certificates.size() == 2);
    CHECK(value.listeners[1].tls->profile == tls_profile::modern);
    CHECK(value.listeners[2].redirect_port == 8'443);
    CHECK(value.pools.at(0).tls->ca == (examples / "ca/internal.pem").string());
    CHECK(value.routes.at(0).client_certificate->sans.size() == 1);
}

TEST_CASE("the API example answers other origins' pages, shows its own, and maps a prefix back")
{
    const auto value = example("api.toml");
    CHECK(value.error_pages.pages.size() == 2);
    CHECK(value.files.size() == 4);
    REQUIRE(value.routes.size() == 2);
    CHECK(value.routes[0].edge.cors->origins.size() == 2);
    CHECK(value.routes[0].edge.error_pages.pages.at(0).kind == page_kind::json);
    CHECK(value.routes[1].rewrite_cookie_path);
}

TEST_CASE("every example file is loaded by a test")
{
    for (const auto& entry : std::filesystem::directory_iterator(examples)) {
        const auto name = entry.path().filename().string();
        CAPTURE(name);
        if (entry.is_regular_file()) {
            example(name);
        }
    }
}

TEST_CASE("no mutation of an example crashes the reader, and each error can be printed")
{
    std::vector<std::string> texts;
    for (const auto* name : {"minimal.toml", "chat.toml", "100k.toml", "health.toml", "routes.d/green.toml",
                             "routes.d/blue.toml", "tls.toml", "api.toml"})
    {
        texts.push_back(text_of(examples / name));
    }
    std::mt19937 random(20'240'229); // the same mutations in every run
    std::size_t printed_bytes = 0;
    for (int round = 0; round < 4'000; ++round) {
        auto text = texts[random() % texts.size()];
        for (auto changes = 1 + random() % 6; changes > 0; --changes) {
            mutate(text, random);
        }
        for (const auto& error : read_config_text(text, "mutated").errors) {
            CHECK_FALSE(error.message.empty());
            printed_bytes += format_error(error).size();
        }
    }
    CHECK(printed_bytes > 0);
}

} // namespace fairlead::conf
