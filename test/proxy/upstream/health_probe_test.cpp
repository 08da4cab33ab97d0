#include "proxy/upstream/health_probe.hpp"
#include "proxy/websocket/handshake.hpp"
#include "test/support/event_loop.hpp"
#include "test/support/peer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fairlead::upstream {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using fairlead::test::listener;
using fairlead::test::peer;
using health::check_outcome;
using metrics::check_failure;

// One check of a backend whose part the test plays.
struct probing
{
    explicit probing(conf::check_kind kind, conf::proxy_protocol begins_with = conf::proxy_protocol::none,
                     std::vector<conf::header_value> headers = {}, std::string subprotocol = "")
    {
        probe_target target;
        target.remote = at.address();
        target.options.kind = kind;
        target.options.path = "/up";
        target.options.expect_body.text = "fine";
        target.options.timing.timeout = 200ms;
        target.options.headers = std::move(headers);
        target.options.subprotocol = std::move(subprotocol);
        target.host = "app:80";
        target.begins_with = begins_with;
        probe.emplace(loop.executor(), target, [this](const probe_result& told) { result = told; });
    }

    peer accept()
    {
        loop.turn();
        return at.accept();
    }

    // What the probe sends, up to what ends it.
    std::string received(peer& from, std::string_view end)
    {
        std::string all;
        loop.wait_for([&] { return (all += from.take()).find(end) != all.npos; });
        return all;
    }

    probe_result answer(peer& to, std::string_view bytes, bool ends = false)
    {
        to.put(bytes);
        if (ends) to.end();
        return finish();
    }

    probe_result finish()
    {
        loop.wait_for([this] { return result.has_value(); });
        return *result;
    }

    listener at;
    test::event_loop loop;
    std::optional<probe_result> result;
    std::optional<health_probe> probe;
};

struct http_case
{
    std::string_view answer;
    check_outcome outcome;
    std::string_view reason;
};

std::string accept_of(const std::string& request)
{
    const std::string name = "Sec-WebSocket-Key: ";
    const auto key = request.substr(request.find(name) + name.size(), 24);
    const auto accept = websocket::accept_key(key);
    return {accept.data(), accept.size()};
}

std::string switching(const std::string& accept, const std::string& more_fields = "")
{
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
           accept + "\r\n" + more_fields + "\r\n";
}

// A masked frame's payload of 8 bytes.
std::string unmasked(std::string_view frame)
{
    std::string payload(frame.substr(6, 8));
    for (std::size_t i = 0; i < payload.size(); ++i)
        payload[i] = static_cast<char>(payload[i] ^ frame[2 + i % 4]);
    return payload;
}

} // namespace

TEST_CASE("a status passes that is expected, 503 drains where it is not, and others fail")
{
    conf::health_options options;
    CHECK(judge_response(options, 200, "").outcome == check_outcome::pass);
    CHECK(judge_response(options, 399, "").outcome == check_outcome::pass);
    CHECK(judge_response(options, 503, "").outcome == check_outcome::drain);
    CHECK(judge_response(options, 404, "").outcome == check_outcome::fail);
    CHECK(judge_response(options, 404, "").reason == "status 404");
    options.expect_status = {{404, 404}, {500, 599}};
    CHECK(judge_response(options, 503, "").outcome == check_outcome::pass);
    CHECK(judge_response(options, 200, "").failure == check_failure::status);
}

TEST_CASE("a body passes that contains the text, or a match of the regex")
{
    conf::health_options options;
    options.expect_body = {"a.c", false};
    CHECK(judge_response(options, 200, "xa.cx").outcome == check_outcome::pass);
    CHECK(judge_response(options, 200, "abc").failure == check_failure::body);
    options.expect_body.is_regex = true;
    CHECK(judge_response(options, 200, "xabcx").outcome == check_outcome::pass);
    CHECK(judge_response(options, 200, "").outcome == check_outcome::fail);
}

TEST_CASE("an HTTP check asks as a client does, and judges what comes, in whatever framing")
{
    for (const http_case& each : {
             http_case{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine", check_outcome::pass, ""},
             {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n",
              check_outcome::pass, ""},
             {"HTTP/1.0 200 OK\r\n\r\nall is fine", check_outcome::pass, ""},
             {"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n\r\nfine", check_outcome::pass, ""},
             {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfi", check_outcome::fail,
              "the connection ended before the answer"},
             {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad", check_outcome::fail,
              "the body does not contain what is expected"},
             {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", check_outcome::fail, "status 500"},
             {"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", check_outcome::drain, "status 503"},
             {"", check_outcome::fail, "the connection ended before the answer"},
         })
    {
        CAPTURE(each.answer);
        probing one(conf::check_kind::http);
        peer backend = one.accept();
        const auto request = one.received(backend, "\r\n\r\n");
        CHECK(request.starts_with("GET /up HTTP/1.1\r\nHost: app:80\r\n"));
        const auto result = one.answer(backend, each.answer, true);
        CHECK(result.outcome == each.outcome);
        CHECK(result.reason == each.reason);
        CHECK_FALSE(result.is_ours);
    }
}

TEST_CASE("what is not HTTP is malformed, and a body without end is judged by its begin")
{
    probing other(conf::check_kind::http);
    peer ssh = other.accept();
    CHECK(other.answer(ssh, "SSH-2.0-OpenSSH\r\n\r\n").failure == check_failure::malformed);

    probing endless(conf::check_kind::http);
    peer backend = endless.accept();
    const auto body = "fine" + std::string(80'000, '.');
    CHECK(endless.answer(backend, "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n" + body).outcome ==
          check_outcome::pass);
}

TEST_CASE("a check is over in time, and says what it waited for")
{
    probing one(conf::check_kind::http);
    peer backend = one.accept();
    const auto result = one.finish();
    CHECK(result.failure == check_failure::timeout);
    CHECK(result.reason == "waited 200ms for the answer");
}

TEST_CASE("a TCP check passes when it is accepted and fails when it is refused")
{
    probing one(conf::check_kind::tcp);
    peer backend = one.accept();
    CHECK(one.finish().outcome == check_outcome::pass);

    probe_target gone;
    {
        listener closed;
        gone.remote = closed.address();
    }
    test::event_loop loop;
    std::optional<probe_result> result;
    health_probe refused(loop.executor(), gone, [&](const probe_result& told) { result = told; });
    loop.wait_for([&] { return result.has_value(); });
    CHECK(result->outcome == check_outcome::fail);
    CHECK(result->failure == check_failure::connect);
}

TEST_CASE("a source address that this machine has not says nothing of the backend")
{
    listener at;
    probe_target target;
    target.remote = at.address();
    target.source = conf::parse_ip_address("192.0.2.77");
    test::event_loop loop;
    std::optional<probe_result> result;
    health_probe one(loop.executor(), target, [&](const probe_result& told) { result = told; });
    loop.wait_for([&] { return result.has_value(); });
    CHECK(result->is_ours);
    CHECK(result->reason.starts_with("from 192.0.2.77: "));
}

TEST_CASE("a WebSocket check wants the right 101 and the pong of a masked ping, and says goodbye")
{
    probing one(conf::check_kind::websocket);
    peer backend = one.accept();
    const auto request = one.received(backend, "\r\n\r\n");
    CHECK(request.find("Upgrade: websocket\r\n") != request.npos);
    backend.put(switching(accept_of(request)) + "\x81\x02hi"); // with a greeting at once
    std::string ping;
    one.loop.wait_for([&] { return (ping += backend.take()).size() >= 14; });
    CHECK(ping.substr(0, 2) == "\x89\x88");
    CHECK(one.answer(backend, "\x8a\x08" + unmasked(ping)).outcome == check_outcome::pass);
    std::string close;
    one.loop.wait_for([&] { return (close += backend.take()).size() >= 8; });
    CHECK(close.substr(0, 2) == "\x88\x82");
    backend.put("\x88\x02\x03\xe8"s);
    backend.end();
    one.loop.wait_for([&] { return backend.take().ends_with("<end>"); });
}

TEST_CASE("what arrived while the thread was held up is not late, and the rest is asked for")
{
    probing one(conf::check_kind::websocket);
    peer backend = one.accept();
    const auto request = one.received(backend, "\r\n\r\n");
    backend.put(switching(accept_of(request)));
    std::this_thread::sleep_for(600ms); // something else has the thread, beyond the limit of the check
    std::string ping;
    one.loop.wait_for([&] { return one.result || (ping += backend.take()).size() >= 14; });
    REQUIRE_FALSE(one.result);
    CHECK(one.answer(backend, "\x8a\x08" + unmasked(ping)).outcome == check_outcome::pass);
}

TEST_CASE("a wrong 101, another status, a Close or silence instead of the pong fail")
{
    const auto after_request = [](auto answer) {
        probing one(conf::check_kind::websocket);
        peer backend = one.accept();
        const auto request = one.received(backend, "\r\n\r\n");
        return one.answer(backend, answer(request));
    };
    const auto wrong_key = after_request([](const std::string&) { return switching("AAAA"); });
    CHECK(wrong_key.failure == check_failure::handshake);
    CHECK(wrong_key.reason == "Sec-WebSocket-Accept does not match the key");
    const auto not_found = after_request([](const std::string&) { return "HTTP/1.1 404 No\r\n\r\n"s; });
    CHECK(not_found.reason == "status 404");
    CHECK(not_found.outcome == check_outcome::fail);
    CHECK(after_request([](const std::string&) { return "HTTP/1.1 503 No\r\n\r\n"s; }).outcome ==
          check_outcome::drain);
    const auto closed = after_request(
        [](const std::string& request) { return switching(accept_of(request)) + "\x88\x02\x03\xf0"s; });
    CHECK(closed.failure == check_failure::pong);
    CHECK(closed.reason == "closed with 1008 instead of a pong");
    const auto silent =
        after_request([](const std::string& request) { return switching(accept_of(request)); });
    CHECK(silent.failure == check_failure::timeout);
    CHECK(silent.reason == "waited 200ms for the pong");
}

TEST_CASE("a check has the operator's header fields, some in place of its own")
{
    probing one(conf::check_kind::http, conf::proxy_protocol::none,
                {{"X-Token", "a b"}, {"user-agent", "monitor"}});
    peer backend = one.accept();
    CHECK(one.received(backend, "\r\n\r\n") ==
          "GET /up HTTP/1.1\r\nHost: app:80\r\nAccept: */*\r\nX-Token: a b\r\nuser-agent: monitor\r\n"
          "Connection: close\r\n\r\n");
}

TEST_CASE("a WebSocket check offers its subprotocol and wants no other")
{
    for (const bool is_offered : {true, false}) {
        probing one(conf::check_kind::websocket, conf::proxy_protocol::none, {{"Origin", "https://app"}},
                    "v2");
        peer backend = one.accept();
        const auto request = one.received(backend, "\r\n\r\n");
        CHECK(request.find("Origin: https://app\r\n") != request.npos);
        CHECK(request.find("Sec-WebSocket-Protocol: v2\r\n") != request.npos);
        const std::string chosen = is_offered ? "v2" : "v1";
        const auto result =
            one.answer(backend, switching(accept_of(request), "Sec-WebSocket-Protocol: " + chosen + "\r\n") +
                                    (is_offered ? "\x88\x02\x03\xf0"s : ""s));
        CHECK(result.failure == (is_offered ? check_failure::pong : check_failure::handshake));
    }
}

TEST_CASE("a backend that expects the PROXY protocol hears that the proxy speaks for itself")
{
    probing first(conf::check_kind::http, conf::proxy_protocol::v1);
    peer backend = first.accept();
    CHECK(first.received(backend, "\r\n\r\n").starts_with("PROXY UNKNOWN\r\nGET "));
    probing second(conf::check_kind::http, conf::proxy_protocol::v2);
    peer other = second.accept();
    CHECK(second.received(other, "\r\n\r\n").starts_with("\r\n\r\n\0\r\nQUIT\n\x20"s));
}

TEST_CASE("a probe that is destroyed tells nothing")
{
    probing one(conf::check_kind::http);
    peer backend = one.accept();
    one.probe.reset();
    one.loop.wait_for([&] { return backend.take().find("<") != std::string::npos; });
    CHECK_FALSE(one.result);
}

} // namespace fairlead::upstream
