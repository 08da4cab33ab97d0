#include "proxy/server/admin_control.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace fairlead;
using namespace fairlead::server;
using namespace std::chrono_literals;
using websocket::drain_kind;

namespace {

// Notes what it is asked for.
struct recorder final : process_control
{
    std::vector<std::string> heard;
    drain_request last;

    control_answer drain(const drain_request& asked) override
    {
        last = asked;
        return note("drain");
    }
    control_answer drains() const override { return {200, {{"drains", "all"}}}; }
    control_answer reload(bool dry_run) override { return note(dry_run ? "look" : "reload"); }
    control_answer reloads() const override { return {}; }
    control_answer rebalance(const std::string& pool) override { return note("rebalance " + pool); }
    control_answer rebalancing() const override { return {}; }
    control_answer backends() const override { return {200, {{"backends", "all"}}}; }
    void connections(const connections_request&, later) override {}

private:
    control_answer note(std::string what)
    {
        heard.push_back(std::move(what));
        return {};
    }
};

admin_query post(std::string_view target) { return {"POST", target, true, false, false}; }

unsigned status_of(const admin_query& asked)
{
    recorder process;
    const auto answer = answer_control(asked, process);
    CHECK((answer->status == 200) == (process.heard.size() == 1));
    return answer->status;
}

} // namespace

TEST_CASE("only its own pages are answered")
{
    recorder process;
    CHECK_FALSE(answer_control(post("/metrics"), process).has_value());
    CHECK_FALSE(answer_control(post("/drain/x"), process).has_value());
    const auto all = answer_control({"GET", "/drain?x=1", false, false, false}, process);
    CHECK(all->body == "{\"drains\":\"all\"}\n");
}

TEST_CASE("what is to be drained reaches the process, decoded")
{
    recorder process;
    CHECK(answer_control(post("/drain?route=a%20b%2Fc&window=1m30s"), process)->status == 200);
    CHECK(process.last.what == websocket::drain_target{drain_kind::route, "a b/c", {}});
    CHECK(process.last.window == 90s);
    CHECK_FALSE(process.last.undo);
    CHECK(answer_control(post("/drain?backend=p/unix:/run/a&undo=1"), process)->status == 200);
    CHECK(process.last.what == websocket::drain_target{drain_kind::backend, "unix:/run/a", "p"});
    CHECK(process.last.undo);
    CHECK_FALSE(process.last.window.has_value());
    CHECK(answer_control(post("/drain?listener=[::]:80"), process)->status == 200);
    CHECK(process.last.what == websocket::drain_target{drain_kind::listener, "[::]:80", {}});
}

TEST_CASE("a reload, a look at one, and a rebalancing")
{
    recorder process;
    answer_control(post("/reload"), process);
    answer_control(post("/reload?dry_run=1"), process);
    answer_control(post("/reload?dry_run=0"), process);
    answer_control(post("/rebalance?pool=chat"), process);
    CHECK(process.heard == std::vector<std::string>{"reload", "look", "reload", "rebalance chat"});
}

TEST_CASE("what is not said clearly changes nothing")
{
    for (const auto* target :
         {"/drain", "/drain?", "/drain?route=a&listener=b", "/drain?route=a&route=b", "/drain?backend=p",
          "/drain?route=a&undo=true", "/drain?route=a&window=1", "/drain?route=a&window=25h", "/drain?name=a",
          "/reload?dry_run=yes", "/reload?dry-run=1", "/rebalance", "/rebalance?pool=a&x=1"})
    {
        CAPTURE(target);
        CHECK(status_of(post(target)) == 400);
    }
}

TEST_CASE("a change from a browser's page is refused")
{
    CHECK(status_of(post("/drain?route=a")) == 200);
    CHECK(status_of({"POST", "/drain?route=a", false, false, false}) == 403); // a plain form
    CHECK(status_of({"POST", "/drain?route=a", true, true, false}) == 403);   // a script of a rebound name
    CHECK(status_of({"POST", "/drain?route=a", true, false, true}) == 400);
    CHECK(status_of({"PUT", "/drain?route=a", true, false, false}) == 405);
    recorder process;
    CHECK(answer_control({"DELETE", "/drain", true, false, false}, process)->allow == "GET, HEAD, POST");
}

TEST_CASE("what only tells takes no POST")
{
    recorder process;
    CHECK(answer_control({"GET", "/backends", false, false, false}, process)->body ==
          "{\"backends\":\"all\"}\n");
    const auto answer = answer_control(post("/backends"), process);
    CHECK(answer->status == 405);
    CHECK(answer->allow == "GET, HEAD");
}

TEST_CASE("a refusal is JSON whatever bytes it repeats")
{
    CHECK(refuse(404, "no \"\xff\xc3\"\n").body.at("error") == "no \"??\"\n");
}

TEST_CASE("connections are looked at by GET and closed by DELETE, all or the one of an id")
{
    const auto read = [](std::string_view method, std::string_view target, bool has_field = true) {
        return read_connections_query({method, target, has_field, false, false});
    };
    CHECK_FALSE(read("GET", "/connectionsx").has_value());
    CHECK_FALSE(read("GET", "/drain").has_value());
    const auto look = read("GET", "/connections?route=chat", false);
    REQUIRE(look.has_value());
    CHECK_FALSE(look->refusal.has_value());
    CHECK_FALSE(look->asked.close);
    CHECK(look->asked.query == "route=chat");
    CHECK(look->asked.id.empty());
    CHECK(read("HEAD", "/connections")->asked.query.empty());
    const auto close = read("DELETE", "/connections/ab12?code=4001");
    CHECK_FALSE(close->refusal.has_value());
    CHECK(close->asked.close);
    CHECK(close->asked.id == "ab12");
    CHECK(close->asked.query == "code=4001");
    CHECK(read("DELETE", "/connections?all=1", false)->refusal->status == 403);
    CHECK(read_connections_query({"DELETE", "/connections", true, true, false})->refusal->status == 403);
    CHECK(read_connections_query({"DELETE", "/connections", true, false, true})->refusal->status == 400);
    const auto other = read("POST", "/connections");
    CHECK(other->refusal->status == 405);
    CHECK(other->refusal->allow == "GET, HEAD, DELETE");
}
