#include "proxy/cli/status_text.hpp"

#include "proxy/cli/exit_codes.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <string>

using namespace fairlead;
namespace json = boost::json;

namespace {

json::object parsed(json::string_view text) { return json::parse(text).as_object(); }

const json::object quiet = parsed(R"({"version":"1.0","lifecycle":"ready","warnings":[],
    "process":{"uptime_seconds":200000,"resident_bytes":2048,"descriptors_open":10,"descriptors_limit":1000,
               "cpu_seconds":3},
    "configuration":{"generation":2,"last_reload_ok":true},
    "totals":{"tunnels_active":1200,"tunnels_opened":5000,"requests":7,"requests_by_class":{"5xx":1},
              "refusals":{"origin":1,"no_route":3}},
    "routes":[{"route":"api","pool":"app","configured":true,"tunnels_active":0,"live":1,"max_connections":0,
               "requests":7,"requests_by_class":{"5xx":1}},
              {"route":"chat","pool":"app","configured":true,"draining":true,"tunnels_active":1200,
               "live":1200,"max_connections":2000,"requests":0}],
    "sources":[{"pool":"app","destination":"10.0.0.1:80","used_ratio":0.61,"capacity":1000,
                "full_in_seconds":7300}],
    "reloads":[{"at":"t","by":"admin","ok":false,"generation":2,"error":"refused",
                "first_error":"a.toml:1:1: no"}],
    "certificates":[{"used_by":"b","certificate":"late.pem","expires_in_seconds":999999},
                    {"used_by":"a","certificate":"soon.pem","expires_in_seconds":90000,"refused":true}]})");

} // namespace

TEST_CASE("one screen: health, totals, then sections with the most tunnels first")
{
    CHECK(cli::status_text(quiet, {}) ==
          "ready, up 2 d, version 1.0, generation 2\n"
          "1,200 tunnels open, 5,000 opened; 7 requests, 1 failed\n"
          "refused: no_route 3, origin 1\n"
          "memory 2.0 KiB, descriptors 10 of 1,000 (1 %), CPU 3 s\n"
          "\n"
          "routes\n"
          "  route  pool  tunnels   live  limit  requests  5xx\n"
          "  chat   app     1,200  1,200  2,000         0    0  draining\n"
          "  api    app         0      1                7    1\n"
          "\n"
          "source ports\n"
          "  pool  destination                          used     of\n"
          "  app   10.0.0.1:80  [############........]  61 %  1,000  full in 2 h\n"
          "\n"
          "reloads\n"
          "  at  by     generation\n"
          "  t   admin           2  refused: a.toml:1:1: no\n"
          "\n"
          "certificates\n"
          "  used by  certificate  expires in\n"
          "  a        soon.pem           25 h  the new file is refused\n"
          "  b        late.pem           11 d\n");
}

TEST_CASE("what has more rows than fit says how many")
{
    const std::string text = cli::status_text(quiet, {.most_rows = 1});
    CHECK(text.find("  chat ") != text.npos);
    CHECK(text.find("  api ") == text.npos);
    CHECK(text.find("  and 1 more; --all has them\n") != text.npos);
}

TEST_CASE("warnings stand on top, and only they and the state have colours")
{
    auto warned = quiet;
    warned["warnings"] = json::array{"pool app: nobody is up"};
    CHECK(cli::health_text(warned, {}) ==
          "ready, up 2 d, version 1.0, generation 2\n! pool app: nobody is up\n");
    CHECK(
        cli::health_text(warned, {.with_colours = true}) ==
        "\x1b[33mready\x1b[0m, up 2 d, version 1.0, generation 2\n\x1b[33m! pool app: nobody is up\x1b[0m\n");
}

TEST_CASE("the exit code tells the most urgent thing")
{
    CHECK(cli::status_code(quiet) == 0);
    auto told = quiet;
    told["warnings"] = json::array{"something"};
    CHECK(cli::status_code(told) == cli::has_warnings);
    told["lifecycle"] = "starting";
    CHECK(cli::status_code(told) == cli::not_ready);
    told["lifecycle"] = "draining";
    CHECK(cli::status_code(told) == cli::is_draining);
}

TEST_CASE("a document of another version, with little in it, is told as far as it goes")
{
    CHECK(cli::status_text(parsed(R"({"version":"9","lifecycle":"ready"})"), {}) == "ready, version 9\n");
}
