#include "proxy/server/admin_control.hpp"

#include "proxy/admin/page_table.hpp"
#include "proxy/server/connection_finder.hpp"
#include "proxy/server/explain_request.hpp"

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
    backend_request last_backend;

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
    control_answer status() const override { return {200, {{"lifecycle", "ready"}}}; }
    void connections(const connections_request&, later) override {}
    control_answer explain(const explain_request& asked) const override
    {
        return {200, {{"url", asked.url}, {"headers", asked.headers.size()}, {"method", asked.method}}};
    }
    control_answer change_backend(const backend_request& asked) override
    {
        last_backend = asked;
        return note("backend");
    }
    void find(std::shared_ptr<const connection_query>, found) override {}
    void trace(const std::string&, std::shared_ptr<websocket::frame_trace>,
               std::function<void(std::uint64_t)>) override
    {}
    void end_trace(std::shared_ptr<websocket::frame_trace>) override {}

private:
    control_answer note(std::string what)
    {
        heard.push_back(std::move(what));
        return {};
    }
};

admin::page_request post(std::string_view target) { return {"POST", target, true, false, false}; }

admin::page_answer answer(const admin::page_request& asked, process_control& process)
{
    const admin::page_table pages(control_pages(process));
    const auto found = pages.find(admin::path_of(asked.target));
    REQUIRE(found.has_value());
    if (auto refused = admin::refusal_of(*found->which, asked)) return *refused;
    return found->which->answer(asked);
}

unsigned status_of(const admin::page_request& asked)
{
    recorder process;
    const auto told = answer(asked, process);
    CHECK((told.status == 200) == (process.heard.size() == 1));
    return told.status;
}

} // namespace

TEST_CASE("what there is to see is told")
{
    recorder process;
    CHECK(answer({"GET", "/drain?x=1"}, process).body == "{\"drains\":\"all\"}\n");
    CHECK(answer({"GET", "/backends"}, process).body == "{\"backends\":\"all\"}\n");
}

TEST_CASE("what is to be drained reaches the process, decoded")
{
    recorder process;
    CHECK(answer(post("/drain?route=a%20b%2Fc&window=1m30s"), process).status == 200);
    CHECK(process.last.what == websocket::drain_target{drain_kind::route, "a b/c", {}});
    CHECK(process.last.window == 90s);
    CHECK_FALSE(process.last.undo);
    CHECK(answer(post("/drain?backend=p/unix:/run/a&undo=1"), process).status == 200);
    CHECK(process.last.what == websocket::drain_target{drain_kind::backend, "unix:/run/a", "p"});
    CHECK(process.last.undo);
    CHECK_FALSE(process.last.window.has_value());
    CHECK(answer(post("/drain?listener=[::]:80"), process).status == 200);
    CHECK(process.last.what == websocket::drain_target{drain_kind::listener, "[::]:80", {}});
}

TEST_CASE("a reload, a look at one, and a rebalancing")
{
    recorder process;
    answer(post("/reload"), process);
    answer(post("/reload?dry_run=1"), process);
    answer(post("/reload?dry_run=0"), process);
    answer(post("/rebalance?pool=chat"), process);
    CHECK(process.heard == std::vector<std::string>{"reload", "look", "reload", "rebalance chat"});
}

TEST_CASE("what is not said clearly changes nothing")
{
    for (const auto* target : {"/drain",
                               "/drain?",
                               "/drain?route=a&listener=b",
                               "/drain?route=a&route=b",
                               "/drain?backend=p",
                               "/drain?route=a&undo=true",
                               "/drain?route=a&window=1",
                               "/drain?route=a&window=25h",
                               "/drain?name=a",
                               "/backends",
                               "/backends?backend=p/a",
                               "/backends?backend=p&eject=1",
                               "/backends?eject=1",
                               "/backends?backend=p/a&eject=1&restore=1",
                               "/backends?backend=p/a&weight=0",
                               "/backends?backend=p/a&weight=1001",
                               "/backends?backend=p/a&weight=x",
                               "/reload?dry_run=yes",
                               "/reload?dry-run=1",
                               "/rebalance",
                               "/rebalance?pool=a&x=1"})
    {
        CAPTURE(target);
        CHECK(status_of(post(target)) == 400);
    }
}

TEST_CASE("what only tells takes no POST")
{
    CHECK(status_of(post("/connections")) == 405);
    CHECK(status_of(post("/drain?route=a")) == 200);
    CHECK(status_of({"POST", "/drain?route=a"}) == 403);
}

TEST_CASE("a refusal is JSON whatever bytes it repeats")
{
    CHECK(refuse(404, "no \"\xff\xc3\"\n").body.at("error") == "no \"??\"\n");
}

TEST_CASE("connections are looked at by GET and closed by DELETE, all or the one of an id")
{
    recorder process;
    const admin::page_table pages(control_pages(process));
    const auto read = [&](std::string_view method, std::string_view target) {
        admin::page_request asked{method, target};
        asked.segments = pages.find(admin::path_of(target))->segments;
        return connections_asked(asked);
    };
    CHECK_FALSE(pages.find("/connectionsx").has_value());
    const auto look = read("GET", "/connections?route=chat");
    CHECK_FALSE(look.close);
    CHECK(look.query == "route=chat");
    CHECK(look.id.empty());
    CHECK(read("HEAD", "/connections").query.empty());
    const auto close = read("DELETE", "/connections/ab12?code=4001");
    CHECK(close.close);
    CHECK(close.id == "ab12");
    CHECK(close.query == "code=4001");
    CHECK(pages.find("/connections")->which->methods == "GET, HEAD, DELETE");
}

TEST_CASE("what is wanted of a backend reaches the process, with who wants it")
{
    recorder process;
    admin::page_request asked = post("/backends?backend=p/unix:/run/a&weight=12");
    asked.by = "uid 7";
    CHECK(answer(asked, process).status == 200);
    CHECK(process.last_backend.pool == "p");
    CHECK(process.last_backend.backend == "unix:/run/a");
    CHECK(process.last_backend.wish == backend_wish::weight);
    CHECK(process.last_backend.weight == 12);
    CHECK(process.last_backend.by == "uid 7");
    answer(post("/backends?backend=p/a:1&eject=1"), process);
    CHECK(process.last_backend.wish == backend_wish::eject);
    answer(post("/backends?backend=p/a:1&restore=1"), process);
    CHECK(process.last_backend.wish == backend_wish::restore);
}

TEST_CASE("a request to be explained is read from the query")
{
    recorder process;
    CHECK(
        answer({"GET", "/explain?url=http://a/b%3Fc&header=A:%201&header=B:%202&method=PUT"}, process).body ==
        "{\"url\":\"http://a/b?c\",\"headers\":2,\"method\":\"PUT\"}\n");
    CHECK(answer({"GET", "/explain"}, process).status == 400);
    CHECK(answer({"GET", "/explain?url=x&route=y"}, process).status == 400);
}
