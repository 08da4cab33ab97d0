#include "proxy/log/access_log.hpp"

#include "test/conf/scratch_folder.hpp"
#include "test/support/allocations.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include <fstream>
#include <memory>
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
    std::unique_ptr<log::line_writer> writer = std::make_unique<log::line_writer>(path);
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
    at.log.set_all_exchanges(true);
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
    at.log.set_all_exchanges(true);
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
        websocket::tunnel ended{websocket::tunnel_texts(texts()), 1};
        ended.origin = at.origin;
        ended.is_websocket = false;
        {
            const test::out_of_memory now(test::out_of_memory::what::objects, still);
            at.log.tunnel_closed(ended);
        }
        const std::uint64_t dropped = at.cells.log_lines_dropped.value();
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
    websocket::tunnel ended{websocket::tunnel_texts(texts()), 1};
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
    at.log.set_all_exchanges(true);
    const std::string target(1000, 'x');
    log::exchange_record served;
    served.target = target;
    for (int i = 0; i < 200; ++i)
        at.log.exchange(served);
    CHECK(at.lines().size() == 200);
    CHECK(at.cells.log_lines_dropped.value() == 0);
}

TEST_CASE("a log that is off costs nothing and keeps nothing")
{
    log::line_writer off("off");
    metrics::worker_cells cells;
    log::access_log log(off, cells);
    log.set_all_exchanges(true);
    log.exchange({});
    log.flush();
    CHECK(cells.log_lines_dropped.value() == 0);
}

TEST_CASE("what TLS settled is logged with an exchange and with a tunnel's opening")
{
    bench at;
    at.log.set_all_exchanges(true);
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
