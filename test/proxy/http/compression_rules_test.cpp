#include "proxy/http/compression_rules.hpp"

#include "test/proxy/http/parsed_head.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

using namespace fairlead;
using http::compression_plan;
using metrics::compression_skip;

namespace {

const conf::compression_options by_default;

struct exchange
{
    std::string method = "GET";
    std::string version = "1.1";
    std::string asked = "Accept-Encoding: gzip\r\n";
    std::string status = "200 OK";
    std::string answer = "Content-Type: text/html; charset=utf-8\r\nContent-Length: 5000\r\n";
    std::vector<conf::header_value> set = {};
    conf::compression_options options = by_default;

    compression_plan plan = {};
    std::string lines = {};

    exchange& decide()
    {
        const http::test::parsed_request request(method + " / HTTP/" + version + "\r\nHost: a\r\n" + asked +
                                                 "\r\n");
        const http::test::parsed_response response("HTTP/1.1 " + status + "\r\n" + answer + "\r\n");
        const auto facts = http::check_request(request.get());
        REQUIRE(facts.has_value());
        const auto answered = http::check_response(response.get(), {facts->method, false});
        REQUIRE(answered.has_value());
        const http::compression_question of{request.get(), *facts, response.get(), *answered, set};
        plan = http::plan_compression(options, of);
        lines.clear();
        http::append_plan_lines(lines, plan, of);
        return *this;
    }
};

constexpr auto compressed = std::optional<compression_skip>();
const std::string html = "Content-Type: text/html\r\n";

std::optional<compression_skip> skip_of(exchange what) { return what.decide().plan.skip; }
std::string lines_of(exchange what) { return what.decide().lines; }
std::optional<compression_skip> skip_of_type(const std::string& type)
{
    return skip_of({.answer = "Content-Type: " + type + "\r\nContent-Length: 5000\r\n"});
}

} // namespace

TEST_CASE("an answer of text is compressed for who wants gzip, and caches are told")
{
    CHECK(skip_of({}) == compressed);
    CHECK(lines_of({}) == "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n");
    CHECK(lines_of({.asked = ""}) == "Vary: Accept-Encoding\r\n"); // RFC 9110 12.5.5
    CHECK(skip_of({.asked = ""}) == compression_skip::not_accepted);
    CHECK(skip_of({.asked = "Accept-Encoding: gzip;q=0\r\n"}) == compression_skip::not_accepted);
    CHECK(skip_of({.version = "1.0"}) == compression_skip::not_accepted);
    CHECK(skip_of({.status = "404 Not Found"}) == compressed);
}

TEST_CASE("Vary is said once")
{
    const std::string start = html + "Content-Length: 5000\r\n";
    for (const char* vary : {"Vary: accept-encoding\r\n", "Vary: Origin, Accept-Encoding\r\n", "Vary: *\r\n",
                             "Vary: Origin\r\nVary: Accept-Encoding\r\n"})
        CHECK(lines_of({.answer = start + vary}) == "Content-Encoding: gzip\r\n");
    CHECK(lines_of({.answer = start + "Vary: Origin\r\n"}).starts_with("Vary: Accept-Encoding\r\n"));
    CHECK(lines_of({.answer = start + "Vary: Accept-Encoding\r\n", .set = {{"vary", "Origin"}}})
              .starts_with("Vary: Accept-Encoding\r\n")); // the route replaces the backend's
}

TEST_CASE("types are the route's; a suffix means all that have it, text does not mean event streams")
{
    for (const char* type : {"text/css", "TEXT/plain;x=y", "application/json", "application/problem+json",
                             "image/svg+xml", "application/wasm"})
    {
        CAPTURE(type);
        CHECK(skip_of_type(type) == compressed);
    }
    for (const char* type : {"image/png", "application/octet-stream", "text/event-stream", "+json", "texts/a",
                             "application/jsonx"})
    {
        CAPTURE(type);
        CHECK(skip_of_type(type) == compression_skip::type);
        CHECK(lines_of({.answer = "Content-Type: " + std::string(type) + "\r\n"}).empty());
    }
    CHECK(skip_of({.answer = "Content-Length: 5000\r\n"}) == compression_skip::type);
    conf::compression_options streams{.types = {"text/event-stream"}};
    CHECK(skip_of({.answer = "Content-Type: text/event-stream\r\n", .options = streams}) == compressed);
    CHECK(skip_of({.set = {{"Content-Type", "image/png"}}}) == compression_skip::type);
}

TEST_CASE("what is short is left, and what has no known length is long")
{
    CHECK(skip_of({.answer = html + "Content-Length: 1023\r\n"}) == compression_skip::small);
    CHECK(skip_of({.answer = html + "Content-Length: 1024\r\n"}) == compressed);
    CHECK(skip_of({.answer = html + "Transfer-Encoding: chunked\r\n"}) == compressed);
    CHECK(skip_of({.answer = html}) == compressed); // until the connection ends
    CHECK(skip_of({.status = "204 No Content", .answer = html}) == compression_skip::small);
    const conf::compression_options all{.min_size = 0};
    CHECK(skip_of({.answer = html + "Content-Length: 1\r\n", .options = all}) == compressed);
    CHECK(skip_of({.answer = html + "Content-Length: 0\r\n", .options = all}) == compression_skip::small);
}

TEST_CASE("what is encoded, must not be changed, is a part or has a digest goes as it came")
{
    const std::string start = html + "Content-Length: 5000\r\n";
    CHECK(skip_of({.answer = start + "Content-Encoding: br\r\n"}) == compression_skip::encoded);
    CHECK(lines_of({.answer = start + "Content-Encoding: br\r\n"}).empty());
    for (const char* line :
         {"Cache-Control: max-age=1, no-transform\r\n", "Content-Range: bytes 0-4999/9000\r\n",
          "Content-MD5: x\r\n", "Digest: sha-256=x\r\n", "Content-Digest: sha-256=:x:\r\n",
          "Repr-Digest: sha-256=:x:\r\n", "Trailer: X-A, Repr-Digest\r\n"})
    {
        CAPTURE(line);
        CHECK(skip_of({.answer = start + line}) == compression_skip::forbidden);
    }
    CHECK(skip_of({.asked = "Accept-Encoding: gzip\r\nCache-Control: no-transform\r\n"}) ==
          compression_skip::forbidden);
    CHECK(skip_of({.status = "206 Partial Content"}) == compression_skip::forbidden);
    CHECK(skip_of({.set = {{"Cache-Control", "no-transform"}}}) == compression_skip::forbidden);
    CHECK(skip_of({.answer = start + "Digest: x\r\n", .set = {{"Digest", ""}}}) == compressed);
}

TEST_CASE("a strong tag becomes a weak one, a weak one stays (RFC 9110 8.8.3.3)")
{
    const std::string start = html + "Content-Length: 5000\r\nVary: *\r\n";
    CHECK(lines_of({.answer = start + "ETag: \"a\"\r\n"}) == "ETag: W/\"a\"\r\nContent-Encoding: gzip\r\n");
    CHECK(lines_of({.answer = start + "ETag: W/\"a\"\r\n"}) == "Content-Encoding: gzip\r\n");
    CHECK(lines_of({.asked = "", .answer = start + "ETag: \"a\"\r\n"}).empty());
    CHECK(lines_of({.answer = start + "ETag: \"a\"\r\n", .set = {{"ETag", "\"b\""}}}) ==
          "Content-Encoding: gzip\r\n");
}

TEST_CASE("a 304 has the tag that the client knows (RFC 9110 15.4.5)")
{
    const auto lines = [](const std::string& known) {
        return lines_of({.asked = "If-None-Match: " + known + "\r\n",
                         .status = "304 Not Modified",
                         .answer = "ETag: \"a\"\r\n"});
    };
    CHECK(lines("\"b\", W/\"a\"") == "Vary: Accept-Encoding\r\nETag: W/\"a\"\r\n");
    CHECK(lines("\"a\"").empty());
    CHECK(lines("*").empty());
}

TEST_CASE("HEAD is told as GET would be (RFC 9110 9.3.2)")
{
    CHECK(lines_of({.method = "HEAD"}) == "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n");
    CHECK(skip_of({.method = "HEAD", .answer = html + "Content-Length: 10\r\n"}) == compression_skip::small);
    CHECK(skip_of({.method = "HEAD", .answer = html}) == compressed);
}
