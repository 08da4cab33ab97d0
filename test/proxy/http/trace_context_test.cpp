#include "proxy/http/trace_context.hpp"

#include "proxy/http/head_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace fairlead;
using conf::trace_handling;
using http::parse_traceparent;
using http::request_trace;

namespace {

constexpr std::string_view good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string good_id("\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36", 16);

std::string with(std::size_t at, std::string_view part)
{
    return std::string(good).replace(at, part.size(), part);
}

// A request with these fields, as lines.
struct asked
{
    std::string text;
    http::head fields;

    explicit asked(std::string_view lines)
        : text("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n")
    {
        http::request_head_parser parser({32 * 1024, 100, 16 * 1024});
        REQUIRE(parser.parse(text, fields).status == http::parse_status::done);
    }
    request_trace trace(trace_handling how, bool is_peer_trusted = false) const
    {
        return {fields, how, is_peer_trusted};
    }
};

asked with_parent(std::string_view value)
{
    return asked("traceparent: " + std::string(value) + "\r\ntracestate: a=1,b=2\r\n");
}

http::request_id digits(char c)
{
    http::request_id id;
    id.fill(c);
    return id;
}

} // namespace

TEST_CASE("a traceparent of version 00 is read (W3C Trace Context 3.2)")
{
    const auto parsed = parse_traceparent(good);
    REQUIRE(parsed);
    CHECK(std::string(parsed->trace.data(), parsed->trace.size()) == good_id);
    CHECK(parsed->is_sampled);
    CHECK_FALSE(parse_traceparent(with(53, "00"))->is_sampled);
    CHECK_FALSE(parse_traceparent(with(53, "fe"))->is_sampled); // other flags are let be
    CHECK(parse_traceparent(with(53, "ff"))->is_sampled);
}

TEST_CASE("whatever is not exactly that is not read")
{
    const std::string all(good);
    std::vector<std::string> bad{
        "",
        "00",
        all.substr(0, 54),
        all + "0",
        all + "-",
        all + "-what-comes-later",
        all + "," + all,
        " " + all,
        all + " ",
        with(0, "ff"),
        with(0, "0g"),
        with(0, "0A"),
        with(3, "4BF92F3577B34DA6A3CE929D0E0E4736"),
        with(36, "00F067AA0BA902B7"),
        with(53, "0A"),
        with(53, "0 "),
        with(3, "00000000000000000000000000000000"),
        with(36, "0000000000000000"),
        with(2, "_"),
        with(35, "_"),
        with(52, "_"),
    };
    for (std::size_t at = 0; at < all.size(); ++at) {
        for (const char c : {'\0', ' ', '-', 'g', '/', ':', '`', '\x7f', '\xff'}) {
            if (all[at] != c) bad.push_back(with(at, {&c, 1}));
        }
    }
    for (const auto& each : bad) {
        CAPTURE(each);
        CHECK_FALSE(parse_traceparent(each));
    }
}

TEST_CASE("of a later version the known part counts, and what comes behind a dash is let be (3.2.4)")
{
    for (const auto* version : {"01", "cc", "fe"}) {
        const auto text = with(0, version);
        CAPTURE(text);
        CHECK(parse_traceparent(text));
        CHECK(parse_traceparent(text + "-"));
        CHECK(parse_traceparent(text + "-what the future will be like"));
        CHECK_FALSE(parse_traceparent(text + "."));
        CHECK_FALSE(parse_traceparent(text + "0-"));
        CHECK_FALSE(parse_traceparent(text.substr(0, 54)));
    }
}

TEST_CASE("a valid trace is handed on as it is, unless every request begins one")
{
    const auto request = with_parent(good);
    for (const auto how : {trace_handling::pass, trace_handling::create}) {
        const auto trace = request.trace(how);
        CHECK(trace.id() == good_id);
        CHECK_FALSE(trace.replaces_fields());
        CHECK_FALSE(trace.wants_beginning());
        CHECK(trace.traceparent().empty());
    }
    CHECK(request.trace(trace_handling::restart).wants_beginning());
    CHECK(request.trace(trace_handling::restart).replaces_fields());
    CHECK(request.trace(trace_handling::restart).id().empty());
    CHECK(request.trace(trace_handling::restart, true).id() == good_id);
}

TEST_CASE("a trace that cannot be read goes on nowhere, and neither does its state (4.3)")
{
    const std::string twice = "traceparent: " + std::string(good) + "\r\n";
    const std::vector<std::string> bad{"traceparent: 00-1-2-01\r\n", twice + twice,
                                       twice + "TraceParent: 0\r\n", "tracestate: a=1\r\n"};
    for (const auto& lines : bad) {
        CAPTURE(lines);
        const asked request{lines};
        const auto passed = request.trace(trace_handling::pass);
        CHECK(passed.replaces_fields());
        CHECK_FALSE(passed.wants_beginning());
        CHECK(passed.id().empty());
        CHECK(request.trace(trace_handling::create).wants_beginning());
    }
}

TEST_CASE("without a trace there is nothing to do, or one to begin")
{
    const asked request{""};
    CHECK_FALSE(request.trace(trace_handling::off).wants_beginning());
    CHECK_FALSE(request.trace(trace_handling::pass).wants_beginning());
    CHECK_FALSE(request.trace(trace_handling::pass).replaces_fields());
    CHECK(request.trace(trace_handling::create).wants_beginning());
    CHECK(request.trace(trace_handling::restart).wants_beginning());
    CHECK(request.trace(trace_handling::restart, true).wants_beginning());
}

TEST_CASE("who does not follow traces sees no difference between them and other fields")
{
    for (const auto& value : {std::string(good), std::string("nonsense")}) {
        const auto trace = with_parent(value).trace(trace_handling::off);
        CHECK(trace.id().empty());
        CHECK_FALSE(trace.replaces_fields());
        CHECK_FALSE(trace.wants_beginning());
    }
}

TEST_CASE("a trace that begins here can be read, and is marked as its sample says")
{
    auto trace = asked{""}.trace(trace_handling::create);
    trace.begin(digits('a'), digits('1'), 1);
    CHECK(trace.traceparent() == "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1111111111111111-01");
    CHECK(trace.id() == std::string(16, '\xaa'));
    CHECK_FALSE(trace.wants_beginning());
    REQUIRE(parse_traceparent(trace.traceparent()));
    trace.begin(digits('a'), digits('1'), 0);
    CHECK(trace.traceparent() == "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1111111111111111-00");
}
