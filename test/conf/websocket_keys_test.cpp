#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

websocket_options of_route(std::string_view top, std::string_view keys)
{
    const std::string text = std::string(listen_line) + std::string(top) + std::string(pool_lines) +
                             std::string(route_lines) + std::string(keys) + "\n";
    const auto result = read_config_text(text, "t.toml");
    CHECK(brief_errors(result).empty());
    return result.value.routes.at(0).websocket;
}

} // namespace

TEST_CASE("a route has [websocket]'s keys, and its own over them, key by key")
{
    CHECK(of_route("", "") == websocket_options{});
    constexpr std::string_view top = "[websocket]\nping_every = \"30s\"\nmax_message = \"1MiB\"\n";
    CHECK(of_route(top, "").ping_every == duration{30'000});
    const auto own =
        of_route(top, "websocket = { max_message = 0, idle_timeout = \"1h\", ping = \"client\" }");
    CHECK(own.ping_every == duration{30'000});
    CHECK(own.max_message == 0);
    CHECK(own.idle_timeout == duration{3'600'000});
    CHECK(own.ping == ping_sides::client);
}

TEST_CASE("a rate's burst is what comes in a second, unless it is given")
{
    const auto rates = of_route("", "websocket = { message_rate = \"90/min\", byte_rate = \"1MiB/s\", "
                                    "byte_burst = \"4MiB\" }");
    CHECK(rates.message_rate.per_second == doctest::Approx(1.5));
    CHECK(rates.message_rate.burst == 2);
    CHECK(rates.byte_rate.per_second == doctest::Approx(1'048'576));
    CHECK(rates.byte_rate.burst == 4ULL * 1'048'576);
}

TEST_CASE("pings and pongs have a rate from the start, and one that is written has its own burst")
{
    CHECK(of_route("", "").control_rate.per_second == doctest::Approx(1'000));
    CHECK(of_route("", "").control_rate.burst == 1'000);
    const auto own = of_route("", "websocket = { control_rate = \"10/s\" }").control_rate;
    CHECK(own.per_second == doctest::Approx(10));
    CHECK(own.burst == 10);
    CHECK(of_route("", "websocket = { control_burst = 5 }").control_rate.burst == 5);
}

TEST_CASE("origins are exact, wildcards, same-host and none, in any case")
{
    const auto origins = of_route("", "websocket = { origins = [\"https://App.example.com\", "
                                      "\"https://*.example.com:8443\", \"same-host\", \"none\"] }")
                             .origins;
    using kind = origin_pattern::kind;
    CHECK(origins == std::vector<origin_pattern>{{kind::exact, "https://app.example.com", ""},
                                                 {kind::wildcard, ".example.com:8443", "https"},
                                                 {kind::same_host, "", ""},
                                                 {kind::none, "", ""}});
    constexpr std::string_view top = "[websocket]\norigins = [\"same-host\"]\nsubprotocols = [\"mqtt\"]\n";
    CHECK(of_route(top, "").origins.size() == 1);
    CHECK(of_route(top, "websocket = { origins = [] }").origins.empty());
    CHECK(of_route(top, "websocket = { subprotocols = \"amqp\" }").subprotocols ==
          std::vector<std::string>{"amqp"});
}

TEST_CASE("what is wrong is told at its key, in the section and in a route")
{
    const auto errors = [](std::string_view keys) {
        return brief_errors(read_with_route("websocket = { " + std::string(keys) + " }"));
    };
    CHECK(errors("ping_evry = \"30s\"") ==
          brief_list{"6:15 route[0].websocket: unknown key 'ping_evry' (did you mean 'ping_every'?)"});
    CHECK(errors("message_rate = \"fast\"") ==
          brief_list{"6:30 route[0].websocket.message_rate: 'fast' is not a rate; one is N/s or N/min, up to "
                     "1000000000 a second"});
    CHECK(errors("message_burst = 5").at(0).ends_with("message_burst: has no use without message_rate"));
    const auto no_scheme = errors("origins = [\"app.example.com\"]").at(0);
    CHECK(no_scheme.find("'app.example.com' is not an origin; one is SCHEME://") != std::string::npos);
    CHECK(errors("origins = [\"https://a\", \"HTTPS://A\"]").at(0).ends_with("'HTTPS://A' is listed twice"));
    CHECK(errors("subprotocols = [\"a b\"]").at(0).ends_with("'a b' is not a token (RFC 6455 4.1)"));
    CHECK(errors("max_age = \"1ms\"").at(0).ends_with("'1ms' is out of range: 1s to 365d, or 0"));
    CHECK(brief_errors(read_with_route("websocket = true")) ==
          brief_list{"6:13 route[0].websocket: wants a table, not a boolean"});
}

} // namespace fairlead::conf
