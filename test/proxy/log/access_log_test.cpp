#include "proxy/log/access_log.hpp"

#include "test/conf/scratch_folder.hpp"
#include "test/support/allocations.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace fairlead;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

struct bench
{
    conf::scratch_folder folder;
    std::string path = (folder.path() / "access.log").string();
    std::unique_ptr<log::line_writer> writer =
        std::make_unique<log::line_writer>(path, "access log", [](const std::string&) {});
    metrics::worker_cells cells;
    log::access_log log{*writer, cells};
    boost::intrusive_ptr<websocket::tunnel_origin> origin{new websocket::tunnel_origin};

    bench()
    {
        origin->route = "chat";
        origin->pool = "chat-pool";
        origin->backend = "10.0.0.1:80";
    }

    // Everything that was logged; nothing can be logged after it.
    std::vector<json::object> lines()
    {
        log.flush();
        writer.reset();
        std::vector<json::object> out;
        std::ifstream in(path);
        for (std::string line; std::getline(in, line);)
            out.push_back(json::parse(line).as_object());
        return out;
    }
    json::object only_line()
    {
        auto all = lines();
        REQUIRE(all.size() == 1);
        return all[0];
    }
};

std::string text(const json::object& line, const char* name)
{
    return json::value_to<std::string>(line.at(name));
}
std::uint64_t number(const json::object& line, const char* name)
{
    return line.at(name).to_number<std::uint64_t>();
}

websocket::tunnel_texts::parts texts()
{
    return {"7f3a", "192.0.2.1:1234", "10.0.9.1:5678", "a.example", "/chat?x=1", "superchat", "agent/1"};
}

} // namespace

TEST_CASE("an exchange that the proxy answered itself is logged with its reason")
{
    bench at;
    log::exchange_record refused;
    refused.id = "7f3a";
    refused.client = "192.0.2.1:1234";
    refused.method = "GET";
    refused.host = "a.example";
    refused.target = "/x";
    refused.reason = "no route";
    refused.status = 404;
    refused.bytes_from_client = 10;
    refused.bytes_to_client = 20;
    refused.duration = 1'500us;
    at.log.exchange(refused);
    const auto line = at.only_line();
    CHECK(text(line, "event") == "exchange");
    CHECK(text(line, "id") == "7f3a");
    CHECK(text(line, "client") == "192.0.2.1:1234");
    CHECK(text(line, "method") == "GET");
    CHECK(text(line, "host") == "a.example");
    CHECK(text(line, "target") == "/x");
    CHECK(text(line, "reason") == "no route");
    CHECK(number(line, "status") == 404);
    CHECK(number(line, "bytes_from_client") == 10);
    CHECK(number(line, "bytes_to_client") == 20);
    CHECK(line.at("duration").as_double() == doctest::Approx(0.0015));
    CHECK_FALSE(line.contains("backend"));
    const std::string time = text(line, "time"); // 1970-01-01T00:00:00.000Z
    REQUIRE(time.size() == 24);
    CHECK((time[4] == '-' && time[10] == 'T' && time[19] == '.' && time[23] == 'Z'));
}

TEST_CASE("exchanges that went well are logged when all of them are wanted")
{
    bench at;
    log::exchange_record served;
    served.id = "1";
    served.backend = "10.0.0.1:80";
    served.status = 200;
    served.attempts = 2;
    at.log.exchange(served);
    at.log.apply({.requests = true});
    served.id = "2";
    at.log.exchange(served);
    const auto line = at.only_line();
    CHECK(text(line, "id") == "2");
    CHECK(text(line, "backend") == "10.0.0.1:80");
    for (const auto* absent : {"reason", "hedge", "queued"})
        CHECK_FALSE(line.contains(absent));
}

TEST_CASE("a line tells what was waited in a queue, and what came of a second attempt")
{
    bench at;
    at.log.apply({.requests = true});
    log::exchange_record served;
    served.status = 200;
    served.hedge = "won";
    served.queued = 1'500us;
    at.log.exchange(served);
    const auto line = at.only_line();
    CHECK(text(line, "hedge") == "won");
    CHECK(line.at("queued").as_double() == doctest::Approx(0.0015));
}

TEST_CASE("nothing that a client sends can end a line or forge a member")
{
    const std::string hostile =
        std::string("\"},\n{\"event\":\"forged\\\r\n") + '\0' + "\x7f\xff\xe2\x82\xac";
    bench at;
    log::exchange_record refused;
    refused.method = refused.host = refused.target = hostile;
    refused.reason = "bad request";
    at.log.exchange(refused);
    const auto line = at.only_line();
    CHECK(text(line, "event") == "exchange");
    CHECK(text(line, "target").starts_with("\"},\n{\"event\":\"forged\\\r\n"));
}

TEST_CASE("in text neither can it")
{
    const std::string hostile =
        std::string("x\n2026-01-31T12:00:00.250Z exchange status=200 ") + '\0' + "\x1b[2J";
    bench at;
    at.log.apply({.access_format = conf::log_format::text});
    log::exchange_record refused;
    refused.id = "7f3a";
    refused.method = refused.host = refused.target = hostile;
    refused.reason = "bad request";
    refused.status = 400;
    at.log.exchange(refused);
    at.log.tunnel_opened(*at.origin, texts(), {});
    at.log.flush();
    at.writer.reset();
    std::ifstream in(at.path);
    std::string first, second, third;
    REQUIRE(std::getline(in, first));
    REQUIRE(std::getline(in, second));
    CHECK_FALSE(std::getline(in, third));
    CHECK(first.substr(23, 17) == "Z exchange id=7f3");
    const std::string quoted = "\"x\\x0a2026-01-31T12:00:00.250Z exchange status=200 \\x00\\x1b[2J\"";
    for (const auto* name : {" method=", " host=", " target="})
        CHECK(first.find(name + quoted) != first.npos);
    CHECK(first.find("status=400 reason=\"bad request\"") != first.npos);
    CHECK(second.find("Z tunnel_opened id=7f3a client=192.0.2.1:1234") != second.npos);
}

TEST_CASE("of what went well a sample is logged, of what did not everything")
{
    bench at;
    at.log.apply({.requests = true, .sample = 1'000'000});
    const auto log_one = [&](std::string_view id, unsigned status, std::string_view reason,
                             std::optional<std::uint32_t> of_route = {}) {
        log::exchange_record one;
        one.id = id;
        one.status = status;
        one.reason = reason;
        one.sample = of_route;
        at.log.exchange(one);
    };
    log_one("well", 200, "");
    log_one("their mistake", 404, "");
    log_one("the backend's own error", 503, "");
    log_one("ours", 404, "no route");
    log_one("cut", 200, "the client left");
    log_one("left", 0, "the client left");
    log_one("all of the route", 200, "", 1);
    log_one("none of the route", 200, "", 0);
    std::vector<std::string> logged;
    for (const auto& line : at.lines()) {
        logged.push_back(text(line, "id"));
        CHECK_FALSE(line.contains("sample"));
    }
    const std::vector<std::string> expected{"the backend's own error", "ours", "cut", "left",
                                            "all of the route"};
    CHECK(logged == expected);
}

TEST_CASE("what is chosen counts for all lines, and a line without any of it is not written")
{
    const std::vector<conf::chosen_log_field> cause{{conf::log_field::cause, "cause"}};
    const std::vector<conf::chosen_log_field> both{{conf::log_field::cause, "cause"},
                                                   {conf::log_field::id, "id"}};
    bench at;
    at.log.apply({.access_fields = both});
    log::exchange_record refused;
    refused.id = "1";
    refused.reason = "no route";
    at.log.exchange(refused);
    at.log.apply({.access_fields = cause});
    at.log.exchange(refused);
    at.log.tunnel_opened(*at.origin, texts(), {});
    net::slabs memory;
    const auto made = websocket::tunnel::make(memory, texts(), {}, 1);
    websocket::tunnel& ended = *made;
    ended.origin = at.origin;
    ended.end.cause = websocket::end_cause::eof;
    at.log.tunnel_closed(ended);
    const auto lines = at.lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == json::object{{"id", "1"}});
    CHECK(lines[1] == json::object{{"cause", "eof"}});
}

TEST_CASE("the opening of a tunnel is a line with all that is known of it")
{
    bench at;
    at.log.tunnel_opened(*at.origin, texts(), {.handshake = 2'000us});
    const auto line = at.only_line();
    CHECK(text(line, "event") == "tunnel_opened");
    CHECK(text(line, "id") == "7f3a");
    CHECK(text(line, "client") == "192.0.2.1:1234");
    CHECK(text(line, "source") == "10.0.9.1:5678");
    CHECK(text(line, "host") == "a.example");
    CHECK(text(line, "path") == "/chat?x=1");
    CHECK(text(line, "subprotocol") == "superchat");
    CHECK(text(line, "user_agent") == "agent/1");
    CHECK(text(line, "route") == "chat");
    CHECK(text(line, "pool") == "chat-pool");
    CHECK(text(line, "backend") == "10.0.0.1:80");
    CHECK(line.at("handshake").as_double() == doctest::Approx(0.002));
}

TEST_CASE("a line that there is no memory for is left out whole, and counted")
{
    std::uint64_t lost = 0;
    for (std::size_t still = 0; still < 40; ++still) {
        bench at;
        at.log.tunnel_opened(*at.origin, texts(), {.handshake = 1us});
        net::slabs memory;
        const auto made = websocket::tunnel::make(memory, texts(), {}, 1);
        websocket::tunnel& ended = *made;
        ended.origin = at.origin;
        ended.is_websocket = false;
        {
            const test::out_of_memory now(test::out_of_memory::what::objects, still);
            at.log.tunnel_closed(ended);
        }
        const std::uint64_t dropped = at.writer->dropped();
        CHECK(at.cells.log_lines_dropped.value() == dropped);
        at.log.tunnel_opened(*at.origin, texts(), {.handshake = 1us});
        const auto all = at.lines(); // each is JSON
        REQUIRE(all.size() == 3 - dropped);
        CHECK(text(all.back(), "event") == "tunnel_opened");
        lost += dropped;
    }
    CHECK(lost > 0);
    CHECK(lost < 40);
}

TEST_CASE("the end of a tunnel is a line with who ended it, how, and what it carried")
{
    bench at;
    net::slabs memory;
    const auto made = websocket::tunnel::make(memory, texts(), {}, 1);
    websocket::tunnel& ended = *made;
    ended.origin = at.origin;
    ended.opened_at = std::chrono::steady_clock::now() - 90s;
    ended.end = {metrics::party::backend, websocket::end_cause::close_frame, 1001};
    ended.client.bytes = 11;
    ended.client.messages = 1;
    ended.backend.bytes = 22;
    ended.backend.messages = 2;
    ended.backend.close_code = 1001;
    SUBCASE("a WebSocket")
    {
        at.log.tunnel_closed(ended);
        const auto line = at.only_line();
        CHECK(text(line, "event") == "tunnel_closed");
        CHECK(text(line, "id") == "7f3a");
        CHECK(text(line, "route") == "chat");
        CHECK(text(line, "closed_by") == "backend");
        CHECK(text(line, "cause") == "close");
        CHECK(line.at("lifetime").as_double() >= 90);
        CHECK(line.at("lifetime").as_double() < 120);
        CHECK(number(line, "bytes_from_client") == 11);
        CHECK(number(line, "bytes_from_backend") == 22);
        CHECK(number(line, "messages_from_client") == 1);
        CHECK(number(line, "messages_from_backend") == 2);
        CHECK(number(line, "close_code_backend") == 1001);
        CHECK(line.at("protocol_violation").as_bool() == false);
    }
    SUBCASE("another protocol")
    {
        ended.is_websocket = false;
        ended.end.cause = websocket::end_cause::eof;
        at.log.tunnel_closed(ended);
        const auto line = at.only_line();
        CHECK(text(line, "cause") == "eof");
        CHECK(number(line, "bytes_from_backend") == 22);
        CHECK_FALSE(line.contains("messages_from_client"));
    }
}

TEST_CASE("lines wait for a flush, or for 64 KiB of them")
{
    bench at;
    at.log.apply({.requests = true});
    const std::string target(1000, 'x');
    log::exchange_record served;
    served.target = target;
    for (int i = 0; i < 200; ++i)
        at.log.exchange(served);
    CHECK(at.writer->dropped() == 0);
    CHECK(at.lines().size() == 200);
}

TEST_CASE("a log that is off costs nothing and keeps nothing")
{
    log::line_writer off("off", "access log", {});
    metrics::worker_cells cells;
    log::access_log log(off, cells);
    log.apply({.requests = true});
    log.exchange({});
    log.flush();
    CHECK(off.dropped() == 0);
}

TEST_CASE("what TLS settled is logged with an exchange and with a tunnel's opening")
{
    bench at;
    at.log.apply({.requests = true});
    tls::handshake_facts facts;
    facts.version = "TLSv1.3";
    facts.cipher = "TLS_AES_128_GCM_SHA256";
    facts.server_name = "a.example";
    facts.peer = std::make_unique<const tls::peer_certificate>(tls::peer_certificate{"CN=d7", {}, "ab"});
    log::exchange_record record;
    record.tls = &facts;
    at.log.exchange(record);
    at.log.tunnel_opened(*at.origin, {}, {.handshake = 1ms, .tls = &facts});
    at.log.tunnel_opened(*at.origin, {}, {.handshake = 1ms});
    const auto lines = at.lines();
    REQUIRE(lines.size() == 3);
    for (const auto& line : {lines[0], lines[1]}) {
        CHECK(text(line, "tls_version") == "TLSv1.3");
        CHECK(text(line, "tls_cipher") == "TLS_AES_128_GCM_SHA256");
        CHECK(text(line, "sni") == "a.example");
        CHECK(text(line, "client_certificate") == "CN=d7");
        CHECK_FALSE(line.at("tls_resumed").as_bool());
    }
    CHECK_FALSE(lines[2].contains("tls_version"));
}
