#include "proxy/admin/connection.hpp"

#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace fairlead;
using namespace fairlead::admin;
using namespace std::chrono_literals;

namespace {

// A connection to pages of the test's own, through an entrance that asks nothing.
struct bench
{
    explicit bench(conf::admin_options options = {})
    {
        std::vector<page> pages;
        pages.push_back(
            {.path = "/echo/*", .methods = "GET, HEAD, POST", .answer = [](const page_request& asked) {
                 return page_answer{200, asked.segments.front() + "\n", "text/plain"};
             }});
        pages.push_back({.path = "/later", .answer_later = [](const page_request&) { return later(); }});
        pages.push_back(
            {.path = "/events", .stream = [this](const page_request&, page_stream& to) { return tell(to); }});
        services = std::make_shared<connection_services>(loop.executor(), std::move(pages));
        entrance_of_all = std::make_shared<entrance>(
            entrance{"test", !options.address, access_policy(options, !options.address)});
        auto one = std::make_shared<connection>(services, entrance_of_all, std::move(link.ours));
        net::asio::co_spawn(loop.executor(), connection::serve(std::move(one)), net::asio::detached);
    }

    static net::task<page_answer> later() { co_return page_answer{200, "later\n"}; }

    net::task<> tell(page_stream& to)
    {
        stream = &to;
        bool goes_on = co_await to.begin("text/event-stream");
        while (goes_on) {
            goes_on = co_await to.wait(1h);
            if (goes_on) goes_on = co_await to.write(std::exchange(news, {}));
        }
        stream = nullptr;
        ended = true;
    }

    std::string ask(std::string_view bytes)
    {
        link.theirs.put(bytes);
        std::string out;
        loop.wait_for([&] { return !(out += link.theirs.take()).empty(); });
        loop.turn();
        return out.ends_with("<end>") ? out : out + link.theirs.take();
    }

    void pass_time(std::chrono::milliseconds time)
    {
        services->wheel.advance(net::steady_now_ms() + static_cast<net::milliseconds_count>(time.count()));
        loop.turn();
    }

    test::event_loop loop;
    test::link link{loop};
    test::link spare{loop};
    std::shared_ptr<connection_services> services;
    std::shared_ptr<entrance> entrance_of_all;
    page_stream* stream = nullptr;
    std::string news;
    bool ended = false;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("requests are answered one after another, with a date and without a cache")
{
    bench at;
    const std::string first = at.ask("GET /echo/a%20b HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(first.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(has(first, "\r\nCache-Control: no-store\r\n"));
    CHECK(has(first, "\r\nX-Content-Type-Options: nosniff\r\n"));
    CHECK_FALSE(has(first, "Access-Control"));
    CHECK(first.ends_with("\r\n\r\na b\n"));
    const std::string head = at.ask("HEAD /later HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(has(head, "Content-Length: 6\r\n"));
    CHECK(head.ends_with("\r\n\r\n"));
    const std::string last = at.ask("GET /later HTTP/1.0\r\n\r\n");
    CHECK(has(last, "Connection: close\r\n"));
    CHECK(last.ends_with("later\n<end>"));
    CHECK(at.services->connections == 0);
    CHECK(at.entrance_of_all->connections == 0);
}

TEST_CASE("what is no request is refused, and the connection ends")
{
    for (const auto& [bytes, status] :
         {std::pair<std::string, std::string>{"nonsense\r\n\r\n", "400"},
          {"GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
          {"POST /echo/a HTTP/1.1\r\nContent-Length: 5000\r\n\r\n", "413"}})
    {
        bench at;
        const std::string answer = at.ask(bytes);
        CHECK(answer.substr(9, 3) == status);
        CHECK(has(answer, "Connection: close"));
    }
}

TEST_CASE("pages that are not there, methods they have not got and changes without the field")
{
    bench at;
    CHECK(at.ask("GET /none HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404"));
    const std::string method = at.ask("PUT /echo/a HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(method.starts_with("HTTP/1.1 405"));
    CHECK(has(method, "Allow: GET, HEAD, POST\r\n"));
    CHECK(at.ask("POST /echo/a HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 403"));
    CHECK(at.services->cells->refusals[metrics::admin_refusal::cross_site].value() == 1);
    CHECK(at.ask("POST /echo/a HTTP/1.1\r\nHost: x\r\nX-Fairlead-Control: 1\r\n\r\n")
              .starts_with("HTTP/1.1 200"));
}

TEST_CASE("who may not ask is told nothing of which pages there are")
{
    conf::admin_options options;
    options.address = conf::parse_endpoint("127.0.0.1:9900");
    options.anonymous = conf::admin_right::none;
    bench at(options);
    const std::string there = at.ask("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string nowhere = at.ask("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(there.starts_with("HTTP/1.1 403"));
    CHECK(nowhere.starts_with("HTTP/1.1 403"));
    CHECK(at.services->cells->refusals[metrics::admin_refusal::not_permitted].value() == 2);
    CHECK(at.ask("GET /later HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 421"));
}

TEST_CASE("a client that says nothing for 10 s is closed")
{
    bench at;
    at.loop.turn();
    at.pass_time(9s);
    CHECK(at.link.theirs.take().empty());
    at.pass_time(11s);
    CHECK(at.link.theirs.take() == "<end>");
}

TEST_CASE("a stream outlives the time of a request, and writes when it is woken")
{
    bench at;
    const std::string head = at.ask("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(has(head, "Content-Type: text/event-stream\r\n"));
    CHECK(has(head, "Transfer-Encoding: chunked\r\n"));
    at.pass_time(60s);
    CHECK(at.link.theirs.take().empty());
    CHECK(at.services->streams.size() == 1);
    at.news = "data: 1\n\n";
    at.stream->wake();
    at.loop.turn();
    CHECK(at.link.theirs.take() == "9\r\ndata: 1\n\n\r\n");
}

TEST_CASE("a stream whose client leaves comes to its end")
{
    bench at;
    at.ask("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    at.link.theirs.put("what a client has to say is not listened to");
    at.loop.turn();
    CHECK_FALSE(at.ended);
    at.link.theirs.close();
    at.loop.wait_for([&] { return at.ended; });
    at.loop.turn();
    CHECK(at.services->streams.empty());
    CHECK(at.services->connections == 0);
}

TEST_CASE("a stream whose client takes nothing is cut")
{
    bench at;
    at.ask("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    at.news = std::string(16'000'000, 'x');
    at.stream->wake();
    at.loop.turn();
    CHECK_FALSE(at.ended);
    at.pass_time(11s);
    CHECK(at.ended);
}

TEST_CASE("there are only so many streams, and HTTP/1.0 has them without chunks")
{
    bench at;
    net::deadline limit(at.services->wheel);
    std::deque<page_stream> others;
    while (at.services->streams.size() < max_streams)
        at.services->streams.insert(&others.emplace_back(at.spare.ours, limit, "", true));
    const std::string full = at.ask("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(full.starts_with("HTTP/1.1 503"));
    CHECK(has(full, "Retry-After: 5\r\n"));
    at.services->streams.clear();
    const std::string plain = at.ask("GET /events HTTP/1.0\r\n\r\n");
    CHECK_FALSE(has(plain, "chunked"));
    at.news = "data: 1\n\n";
    at.stream->wake();
    at.loop.turn();
    CHECK(at.link.theirs.take() == "data: 1\n\n");
}
