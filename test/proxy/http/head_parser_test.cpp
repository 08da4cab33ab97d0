#include "proxy/http/head_parser.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace fairlead::http;

namespace {

const std::string browser_request = "GET /chat/room?x=1 HTTP/1.1\r\n"
                                    "Host: example.com\r\n"
                                    "User-Agent:  Mozilla/5.0 (X11; Linux) \t\r\n"
                                    "X-Empty:\r\n"
                                    "x-forwarded-for: 1.2.3.4\r\n"
                                    "Accept: */*\r\n\r\n";

parse_result parse_request(std::string_view bytes, head_limits limits = {})
{
    head out;
    return request_head_parser(limits).parse(bytes, out);
}

parse_result parse_response(std::string_view bytes, head_limits limits = {})
{
    head out;
    return response_head_parser(limits).parse(bytes, out);
}

// One byte more with each call, every time in another buffer.
template <class Parser>
parse_result parse_byte_by_byte(std::string_view bytes, head_limits limits = {})
{
    Parser parser(limits);
    head out;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const std::string moved(bytes.substr(0, size));
        const auto result = parser.parse(moved, out);
        if (result.status != parse_status::need_more) return result;
    }
    return {};
}

void check_refused(std::string_view bytes, head_fault fault)
{
    CAPTURE(bytes);
    const auto at_once = parse_request(bytes);
    CHECK(at_once.status == parse_status::bad);
    CHECK(at_once.fault == fault);
    CHECK(parse_byte_by_byte<request_head_parser>(bytes).fault == fault);
}

} // namespace

TEST_CASE("a request head is read with its fields in order and without the space around values")
{
    head out;
    const auto result = request_head_parser().parse(browser_request + "body", out);
    REQUIRE(result.status == parse_status::done);
    CHECK(result.consumed == browser_request.size());
    CHECK(out.status() == 0);
    CHECK(result.fault == head_fault::none);
}

TEST_CASE("the views of a head point into the bytes it was parsed from, and follow them with rebase")
{
    std::string bytes = browser_request;
    head out;
    REQUIRE(request_head_parser().parse(bytes, out).status == parse_status::done);
    CHECK(out.method() == "GET");
    CHECK(out.target() == "/chat/room?x=1");
    CHECK(out.version_minor() == 1);
    REQUIRE(out.size() == 5);
    CHECK(out[0].name == "Host");
    CHECK(out[0].id == field_id::host);
    CHECK(out[1].value == "Mozilla/5.0 (X11; Linux)");
    CHECK(out[1].id == field_id::other);
    CHECK(out[2].value.empty());
    CHECK(out[3].id == field_id::x_forwarded);
    CHECK(out.find("ACCEPT") == "*/*");
    CHECK(out.find("x-empty") == "");
    CHECK_FALSE(out.find("x-none"));
    CHECK(out.find("Accept")->data() > bytes.data());

    const std::string moved = bytes;
    bytes.assign(bytes.size(), '!');
    out.rebase(moved.data());
    CHECK(out.find(field_id::host) == "example.com");
    CHECK(out.method() == "GET");
}

TEST_CASE("the fields of one name are found one after another")
{
    const std::string bytes = "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\na: 3\r\n\r\n";
    head out;
    REQUIRE(request_head_parser().parse(bytes, out).status == parse_status::done);
    std::size_t from = 0;
    CHECK(out.find_next("a", from) == "1");
    CHECK(out.find_next("a", from) == "3");
    CHECK_FALSE(out.find_next("a", from));
}

TEST_CASE("a head that arrives in any split gives the same result")
{
    std::mt19937 random(1);
    for (int round = 0; round < 500; ++round) {
        request_head_parser parser;
        head out;
        std::size_t size = 0;
        parse_result result;
        while (result.status == parse_status::need_more) {
            REQUIRE(size < browser_request.size());
            size = std::min<std::size_t>(size + 1 + random() % 40, browser_request.size());
            const std::string moved = browser_request.substr(0, size);
            result = parser.parse(moved, out);
            if (result.status != parse_status::done) continue;
            CHECK(out.size() == 5);
            CHECK(out.find("accept") == "*/*");
        }
        CHECK(result.status == parse_status::done);
        CHECK(result.consumed == browser_request.size());
    }
}

TEST_CASE("bytes behind a head are left for the next one, and reset makes the parser ready for it")
{
    const std::string first = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string both = first + "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n";
    request_head_parser parser;
    head out;
    auto result = parser.parse(both, out);
    CHECK(result.consumed == first.size());
    parser.reset();
    const auto rest = std::string_view(both).substr(result.consumed);
    result = parser.parse(rest, out);
    CHECK(result.consumed == rest.size());
    CHECK(out.target() == "/2");
    CHECK(out.size() == 1);
}

TEST_CASE("one empty line before a request line is skipped (RFC 9112 2.2)")
{
    head out;
    const std::string bytes = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto result = request_head_parser().parse(bytes, out);
    CHECK(result.consumed == bytes.size());
    CHECK(out.target() == "/");
    CHECK(out.find("host") == "a");
    CHECK(parse_byte_by_byte<request_head_parser>(bytes).consumed == bytes.size());
}

TEST_CASE("two empty lines before a request line are refused")
{
    check_refused("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::malformed);
}

TEST_CASE("an empty line before a status line is refused")
{
    CHECK(parse_response("\r\nHTTP/1.1 200 OK\r\n\r\n").fault == head_fault::malformed);
}

TEST_CASE("a lone carriage return before a request is refused")
{
    check_refused("\rGET / HTTP/1.1\r\n\r\n", head_fault::malformed);
}

TEST_CASE("a bare line feed is refused wherever it stands (RFC 9112 2.2)")
{
    check_refused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::bare_line_feed);
    check_refused("GET / HTTP/1.1\nHost: a\r\n\r\n", head_fault::bare_line_feed);
    check_refused("GET / HTTP/1.1\r\nHost: a\n\r\n", head_fault::bare_line_feed);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\n\n", head_fault::bare_line_feed);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n",
                  head_fault::bare_line_feed);
}

TEST_CASE("a bare carriage return is refused (RFC 9112 2.2)")
{
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", head_fault::malformed);
    check_refused("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", head_fault::malformed);
}

TEST_CASE("a folded line is refused (RFC 9112 5.2)")
{
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", head_fault::obs_fold);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
                  head_fault::obs_fold);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\t\r\n\r\n", head_fault::obs_fold);
    CHECK(parse_response("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n").fault == head_fault::obs_fold);
}

TEST_CASE("white space before the first field is refused (RFC 9112 2.2)")
{
    check_refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n", head_fault::obs_fold);
}

TEST_CASE("white space before the colon is refused (RFC 9112 5.1)")
{
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n", head_fault::malformed);
}

TEST_CASE("control bytes in a field are refused (RFC 9110 5.5)")
{
    check_refused(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a") + '\0' + "b\r\n\r\n",
                  head_fault::malformed);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n", head_fault::malformed);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n", head_fault::malformed);
    check_refused(std::string("GET / HTTP/1.1\r\nHost: a\r\nX") + '\0' + ": b\r\n\r\n",
                  head_fault::malformed);
}

TEST_CASE("a field without a name or colon is refused (RFC 9112 5)")
{
    check_refused("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", head_fault::malformed);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", head_fault::malformed);
    check_refused("GET / HTTP/1.1\r\nHost: a\r\nX(): b\r\n\r\n", head_fault::malformed);
}

TEST_CASE("a malformed request line is refused (RFC 9112 3)")
{
    check_refused("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::malformed);
    check_refused("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", head_fault::malformed);
    check_refused("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::malformed);
    check_refused("GET /\r\nHost: a\r\n\r\n", head_fault::malformed);
    check_refused("GET\r\n\r\n", head_fault::malformed);
    check_refused("GET / http/1.1\r\nHost: a\r\n\r\n", head_fault::malformed);
    check_refused("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", head_fault::malformed);
}

TEST_CASE("a version other than 1.0 and 1.1 is 505 (RFC 9110 15.6.6)")
{
    check_refused("GET / HTTP/1.2\r\nHost: a\r\n\r\n", head_fault::unsupported_version);
    check_refused("GET / HTTP/0.9\r\nHost: a\r\n\r\n", head_fault::unsupported_version);
    check_refused("PRI * HTTP/2.0\r\n\r\n", head_fault::unsupported_version);
    CHECK(status_of(head_fault::unsupported_version) == 505);
    check_refused("GET / HTTP/1.x\r\nHost: a\r\n\r\n", head_fault::malformed);
}

TEST_CASE("what cannot begin a request is refused at its first byte")
{
    CHECK(parse_request("\x16").fault == head_fault::malformed); // a TLS hello
    CHECK(parse_request(" GET").fault == head_fault::malformed);
}

TEST_CASE("a head at its limit passes and one byte more is 431")
{
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    const head_limits limits{.header_bytes = 200, .header_count = 10, .target_bytes = 100};
    const auto fill = [&](std::size_t size) {
        return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
    };
    CHECK(parse_request(fill(200), limits).status == parse_status::done);
    CHECK(parse_byte_by_byte<request_head_parser>(fill(200), limits).status == parse_status::done);
    CHECK(parse_request("\r\n" + fill(200), limits).status == parse_status::done);
    CHECK(parse_request(fill(201), limits).fault == head_fault::header_too_large);
    CHECK(parse_byte_by_byte<request_head_parser>(fill(201), limits).fault == head_fault::header_too_large);
    CHECK(status_of(head_fault::header_too_large) == 431);
}

TEST_CASE("a head without an end is refused as soon as it passes the limit")
{
    const head_limits limits{.header_bytes = 200, .header_count = 10, .target_bytes = 100};
    CHECK(parse_request("GET / HTTP/1.1\r\nX: " + std::string(190, 'x'), limits).fault ==
          head_fault::header_too_large);
    CHECK(parse_request("GET /" + std::string(300, 'x'), limits).fault == head_fault::target_too_long);
    CHECK(parse_response("HTTP/1.1 200 " + std::string(300, 'x'), limits).fault ==
          head_fault::header_too_large);
}

TEST_CASE("a target at its limit passes and one byte more is 414")
{
    const head_limits limits{.header_bytes = 1000, .header_count = 10, .target_bytes = 100};
    const auto request = [](std::size_t target) {
        return "GET /" + std::string(target - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
    };
    CHECK(parse_request(request(100), limits).status == parse_status::done);
    CHECK(parse_request(request(101), limits).fault == head_fault::target_too_long);
    CHECK(parse_request(request(300), limits).fault == head_fault::target_too_long);
    CHECK(status_of(head_fault::target_too_long) == 414);
}

TEST_CASE("as many fields as allowed pass and one more is 431")
{
    const head_limits limits{.header_bytes = 60 * 1024, .header_count = 500, .target_bytes = 100};
    const auto request = [](int count) {
        std::string bytes = "GET / HTTP/1.1\r\n";
        for (int i = 0; i < count; ++i)
            bytes += "X: y\r\n";
        return bytes + "\r\n";
    };
    CHECK(parse_request(request(500), limits).status == parse_status::done);
    CHECK(parse_request(request(501), limits).fault == head_fault::too_many_fields);
    CHECK(parse_byte_by_byte<request_head_parser>(request(501), limits).fault == head_fault::too_many_fields);
}

TEST_CASE("a head of the greatest size is read to its last field")
{
    const head_limits limits{.header_bytes = max_head_bytes, .header_count = 10, .target_bytes = 100};
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    bytes += std::string(max_head_bytes - bytes.size() - 14, 'x') + "\r\nLast: 1\r\n\r\n";
    REQUIRE(bytes.size() <= max_head_bytes);
    head out;
    CHECK(request_head_parser(limits).parse("\r\n" + bytes, out).status == parse_status::done);
    CHECK(request_head_parser(limits).parse(bytes, out).status == parse_status::done);
    CHECK(out.find("last") == "1");
}

TEST_CASE("a large Content-Length is no fault of the head")
{
    CHECK(parse_request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000000000000\r\n\r\n").status ==
          parse_status::done);
}

TEST_CASE("a response head is read")
{
    head out;
    const std::string bytes = "HTTP/1.0 404 Not Here\r\nContent-Length: 0\r\n\r\n";
    const auto result = response_head_parser().parse(bytes, out);
    REQUIRE(result.status == parse_status::done);
    CHECK(out.status() == 404);
    CHECK(out.reason() == "Not Here");
    CHECK(out.version_minor() == 0);
    CHECK(out[0].id == field_id::content_length);
    CHECK(out.method().empty());
    CHECK(parse_byte_by_byte<response_head_parser>(bytes).consumed == bytes.size());
}

TEST_CASE("a response head may have an empty reason (RFC 9112 4)")
{
    CHECK(parse_response("HTTP/1.1 204 \r\n\r\n").status == parse_status::done);
}

TEST_CASE("a status line may lack the space behind its code (RFC 9112 4)")
{
    head out;
    const std::string_view bytes = "HTTP/1.1 204\r\nX-A: b\r\n\r\n";
    const auto parsed = response_head_parser().parse(bytes, out);
    REQUIRE(parsed.status == parse_status::done);
    CHECK(parsed.consumed == bytes.size());
    CHECK(out.status() == 204);
    CHECK(out.reason().empty());
    CHECK(out.find("X-A") == "b");
    CHECK(parse_response("HTTP/1.0 200\r\n\r\n").status == parse_status::done);
    CHECK(parse_response("HTTP/1.1 2x4\r\n\r\n").fault == head_fault::malformed);
    CHECK(parse_response("HTTP/1.1\t204\r\n\r\n").fault == head_fault::malformed);
    CHECK(parse_response("HTTP/2.0 200\r\n\r\n").fault == head_fault::unsupported_version);
}

TEST_CASE("a 1xx head ends at its blank line, and the bytes behind a 101 are left")
{
    CHECK(parse_response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").consumed == 25);
    const std::string switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";
    CHECK(parse_response(switching + "\x81\x02hi").consumed == switching.size());
}

TEST_CASE("a malformed status line is refused (RFC 9112 4)")
{
    CHECK(parse_response("HTTP/1.1 20 OK\r\n\r\n").fault == head_fault::malformed);
    CHECK(parse_response("HTTP/1.1 2000 OK\r\n\r\n").fault == head_fault::malformed);
    CHECK(parse_response("HTTP/1.1 abc OK\r\n\r\n").fault == head_fault::malformed);
    CHECK(parse_response("ICY 200 OK\r\n\r\n").fault == head_fault::malformed);
    CHECK(parse_response("HTTP/2.0 200 OK\r\n\r\n").fault == head_fault::unsupported_version);
}
