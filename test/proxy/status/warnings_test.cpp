#include "proxy/status/warnings.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace fairlead::status;
using namespace std::chrono_literals;
using sentences = std::vector<std::string>;

namespace {

const std::chrono::system_clock::time_point now{1'800'000'000s};

sentences of_fill(std::uint64_t in_use, std::optional<std::chrono::seconds> full_in)
{
    warning_facts facts;
    facts.fills.push_back({.pool = "app",
                           .destination = "10.0.0.1:80",
                           .in_use = in_use,
                           .capacity = 1'000,
                           .full_in = full_in});
    return warnings_of(facts, now);
}

sentences of_certificate(std::chrono::seconds left)
{
    warning_facts facts;
    facts.certificates.push_back({"0.0.0.0:443", "site.pem", now + left});
    return warnings_of(facts, now);
}

} // namespace

TEST_CASE("all well: not a word") { CHECK(warnings_of({}, now).empty()); }

TEST_CASE("a source pool is warned of above 80 %, when it fills soon, and when it is full")
{
    CHECK(of_fill(800, std::nullopt).empty());
    CHECK(of_fill(500, 5h).empty());
    CHECK(of_fill(801, std::nullopt) == sentences{"the ports of pool app to 10.0.0.1:80 are used to 80 %"});
    CHECK(
        of_fill(950, 90s) ==
        sentences{"the ports of pool app to 10.0.0.1:80 are used to 95 %, and as it goes all in 90 seconds"});
    CHECK(of_fill(500, 61min) ==
          sentences{"the ports of pool app to 10.0.0.1:80 will be used up in 61 minutes as it goes"});
    CHECK(of_fill(1'000, 0s) ==
          sentences{"the ports of pool app to 10.0.0.1:80 are used up: new connections to it are refused"});
}

TEST_CASE("memory of connections is warned of above 80 % of its limit")
{
    warning_facts facts;
    facts.memory.bytes[metrics::memory_kind::heads] = 700;
    facts.memory.bytes[metrics::memory_kind::tunnels] = 101;
    CHECK(warnings_of(facts, now).empty());
    facts.memory.limit = 1'000;
    CHECK(warnings_of(facts, now) == sentences{"connections hold 80 % of memory_limit: 801 of 1000 bytes"});
    facts.memory.limit = 1'100;
    CHECK(warnings_of(facts, now).empty());
}

TEST_CASE("descriptors are warned of above 80 %")
{
    warning_facts facts;
    facts.process.open_fds = 801;
    CHECK(warnings_of(facts, now).empty());
    facts.process.max_fds = 1'000;
    CHECK(warnings_of(facts, now) == sentences{"80 % of the descriptors are open: 801 of 1000"});
    facts.process.open_fds = 800;
    CHECK(warnings_of(facts, now).empty());
}

TEST_CASE("a refused configuration, pools without backends and routes that fill are told, the worst first")
{
    warning_facts facts;
    facts.life.last_reload_ok = false;
    facts.pools = {{"app", 2, 0, true}, {"news", 4, 1, true}, {"empty", 0, 0, false}, {"well", 3, 3, false}};
    facts.missing = {{"app", "a:1", "down", "status 503"}, {"app", "b:1", "ejected", ""}};
    facts.routes = {{"chat", 95, 100}, {"open", 1'000, 0}, {"half", 50, 100}};
    CHECK(warnings_of(facts, now) == sentences{
                                         "no backend of pool app is up",
                                         "only 1 of 4 backends of pool news are up: all are used",
                                         "the last configuration was refused; the one before is in force",
                                         "route chat has 95 % of its max_connections",
                                         "backend a:1 of pool app is down: status 503",
                                         "backend b:1 of pool app is ejected",
                                     });
}

TEST_CASE("certificates are warned of two weeks before they end")
{
    CHECK(of_certificate(15 * 24h).empty());
    CHECK(of_certificate(13 * 24h + 1h) == sentences{"site.pem of 0.0.0.0:443 expires in 13 days"});
    CHECK(of_certificate(90min) == sentences{"site.pem of 0.0.0.0:443 expires in 90 minutes"});
    CHECK(of_certificate(0s) == sentences{"site.pem of 0.0.0.0:443 has expired"});
}

TEST_CASE("a thousand troubles are fifty sentences")
{
    warning_facts facts;
    facts.missing.resize(1'000, {"app", "a:1", "down", ""});
    const auto all = warnings_of(facts, now);
    CHECK(all.size() == most_warnings);
    CHECK(all.back() == "and 951 more");
}
