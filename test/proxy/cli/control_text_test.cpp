#include "proxy/cli/control_text.hpp"

#include "proxy/cli/admin_client.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

using namespace fairlead;
namespace json = boost::json;

namespace {

json::object parsed(json::string_view text) { return json::parse(text).as_object(); }

} // namespace

TEST_CASE("a reload is told line by line, with what it means for tunnels")
{
    const auto answer = parsed(R"({"ok":true,"changes":{
        "backends":[{"change":"removed","name":"10.0.0.1:80","pool":"a","tunnels_leaving":1200}],
        "routes":[{"change":"added","name":"new"},
                  {"change":"changed","name":"two","tunnels_adjusted":1,
                   "keys":[{"key":"websocket.max_age","before":"0","after":"1h"},{"key":"headers"}]}],
        "settings":[{"key":"workers","before":"1","after":"2","needs_restart":true}]},
        "tunnels_leaving":1200,"tunnels_adjusted":1,"needs_restart":[{"key":"workers"}]})");
    CHECK(cli::reload_text(answer) == R"(- backend a/10.0.0.1:80   (1,200 tunnels leave)
+ route new
~ route two   (1 tunnel adjusted)
    websocket.max_age: 0 -> 1h
    headers changed
~ workers: 1 -> 2 (needs a restart)
1,200 tunnels leave, 1 adjusted
in force after a restart only: workers
)");
    CHECK(cli::reload_text(parsed(R"({"dry_run":true,"changes":{}})")) ==
          "nothing would change\n0 tunnels would leave, 0 would be adjusted\n");
}

TEST_CASE("a refusal shows each error, and the names that are near")
{
    CHECK(cli::refusal_text(parsed(R"({"error":"not reloaded","errors":[{"text":"a:1:2: error: x"}]})")) ==
          "a:1:2: error: x\nnot reloaded\n");
    CHECK(cli::refusal_text(parsed(R"({"error":"no route 'caht'","nearest":["chat","cat"]})")) ==
          "no route 'caht'\nthe nearest are:\n  chat\n  cat\n");
    CHECK(cli::refusal_text({}) == "\n");
}

TEST_CASE("a drain is a line, and a bar that keeps within the terminal")
{
    const auto half = parsed(R"({"kind":"route","name":"chat","state":"draining","total":5000,"left":2500,
                                 "open":2600,"seconds_left":14.2})");
    CHECK(cli::drain_line(half) == "route chat: 2,500 of 5,000 tunnels left, 15 s, 2,600 open");
    CHECK(cli::drain_part(half) == 0.5);
    const auto told = parsed(R"({"kind":"backend","name":"a/b:1","state":"closing","total":0,"open":1})");
    CHECK(cli::drain_line(told) == "backend a/b:1: all told, 1 open");
    CHECK(cli::drain_part(told) == 1);
    const auto over = parsed(R"({"kind":"route","name":"r","state":"drained"})");
    CHECK(cli::drain_line(over) == "route r: drained");
}

TEST_CASE("how far a pool is with its rebalancing is a line")
{
    const auto pool = parsed(R"({"pool":"chat","state":"rebalancing","would_close":1200,"on_the_way":30})");
    CHECK(cli::rebalance_line(pool) == "pool chat: rebalancing; 1,200 tunnels to close, 30 on their way");
}

TEST_CASE("a pool's shares are a table")
{
    const auto answer = parsed(R"({"pools":[{"pool":"chat","state":"quiet","above_share_percent":33.3,
        "threshold_percent":20,"per_second":50.0,"on_the_way":0,"would_close":100,"backends":[
        {"backend":"a:1","weight":1,"takes_new":true,"tunnels":1000,"share":750.0,"would_close":100},
        {"backend":"b:1","weight":1,"takes_new":false,"tunnels":5,"share":0,"would_close":0}]}]})");
    const auto text = cli::rebalance_text(answer);
    CHECK(text.starts_with("pool chat: quiet; the fullest is 33.3 % above its share, 20 % are allowed\n"));
    CHECK(text.find("  a:1           1    1,000  750.0          100\n") != text.npos);
    CHECK(text.find("takes nothing new\n") != text.npos);
    CHECK(text.find("would close 100 tunnels, in 2 s at 50.0 a second") != text.npos);
    CHECK(cli::rebalance_text({}) == "no pool has `rebalance`\n");
}

TEST_CASE("the backends of each pool are a table, with why some are not up")
{
    const auto answer = parsed(R"({"pools":[{"pool":"chat","backends":2,"up":1,"panics":true},
                                            {"pool":"web","backends":1,"up":1,"panics":false}],"backends":[
        {"pool":"chat","backend":"a:1","state":"down","reason":"status 500","since":"2024-02-29T12:00:00Z",
         "weight":2,"effective_weight":2.0,"tunnels":1200,"active":1201,"origin":"dns"},
        {"pool":"chat","backend":"b:1","state":"up","reason":"","weight":2,"effective_weight":0.25},
        {"pool":"web","backend":"c:1","state":"up","reason":"","weight":1,"effective_weight":1.0}]})");
    const auto all = cli::backends_text(answer, "");
    CHECK(all.starts_with("pool chat: 1 of 2 up; all are used\n"));
    CHECK(all.find("  a:1      down          2    1,200   1,201  dns   2024-02-29T12:00:00Z  status 500\n") !=
          all.npos);
    CHECK(all.find("  0.2 of 2  ") != all.npos);
    CHECK(all.find("pool web: 1 of 1 up\n") != all.npos);
    const auto web = cli::backends_text(answer, "web");
    CHECK(web.starts_with("pool web"));
    CHECK(web.find("a:1") == web.npos);
    CHECK(cli::backends_text(answer, "wbe").empty());
}

TEST_CASE("what an operator wants of a backend is told beside why it is as it is")
{
    const auto answer = parsed(R"({"pools":[{"pool":"p","backends":1,"up":1,"panics":false}],"backends":[
        {"pool":"p","backend":"a:1","state":"ejected","reason":"by an operator","weight":5,
         "configured_weight":2,"effective_weight":5.0,
         "operator":{"ejected":{"by":"uid 0","since":"2024-02-29T12:00:00Z"},
         "weight":{"by":"token from 10.0.0.9","since":"2024-02-29T13:00:00Z"}}}]})");
    const auto text = cli::backends_text(answer, "");
    CHECK(text.find("  by an operator\n") != text.npos);
    CHECK(text.ends_with(
        "  a:1: ejected by uid 0 at 2024-02-29T12:00:00Z; configured weight 2, changed by token from "
        "10.0.0.9 at 2024-02-29T13:00:00Z\n"));
    const auto changed = parsed(R"({"backend":"p/a:1","weight":5,"ejected":true,"left_in_pool":0})");
    CHECK(cli::changed_backend_text(changed) == "p/a:1: weight 5, ejected: it keeps what it has and gets "
                                                "nothing new\n0 backends of its pool serve\n");
}

TEST_CASE("names travel in a query byte for byte")
{
    CHECK(cli::escape_query("chat-1.a_b~/x:80") == "chat-1.a_b~/x:80");
    CHECK(cli::escape_query("a b&c=d%+\xff[::]") == "a%20b%26c%3Dd%25%2B%FF%5B::%5D");
}
