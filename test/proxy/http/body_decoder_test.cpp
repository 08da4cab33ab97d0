#include "proxy/http/body_decoder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::http;

TEST_CASE("a message without a body, or with a body of no bytes, is done before any input")
{
    for (const body_framing framing : {body_framing{}, body_framing{framing_kind::length, 0}}) {
        body_decoder decoder(framing);
        const auto step = decoder.step("");
        CHECK(step.done);
        CHECK(step.consumed == 0);
        CHECK_FALSE(decoder.ends_with_stream());
    }
    body_decoder decoder({framing_kind::none, 0});
    CHECK(decoder.step("GET / HTTP/1.1").consumed == 0);
}

TEST_CASE("a body with a length ends after as many bytes and leaves what follows (RFC 9112 6.3)")
{
    body_decoder decoder({framing_kind::length, 7});
    auto step = decoder.step("");
    CHECK_FALSE(step.done);
    step = decoder.step("hell");
    CHECK(step.data == "hell");
    CHECK_FALSE(step.done);
    step = decoder.step("o, GET /");
    CHECK(step.data == "o, ");
    CHECK(step.consumed == 3);
    CHECK(step.done);
    CHECK_FALSE(decoder.ends_with_stream());
}

TEST_CASE("a length above 32 bits is counted")
{
    body_decoder decoder({framing_kind::length, (1ULL << 33) + 1});
    CHECK_FALSE(decoder.step(std::string(4096, 'x')).done);
}

TEST_CASE("a body until the end of the stream takes everything and is never done by its bytes")
{
    body_decoder decoder({framing_kind::until_close, 0});
    const auto step = decoder.step("0\r\n\r\n");
    CHECK(step.data == "0\r\n\r\n");
    CHECK(step.consumed == 5);
    CHECK_FALSE(step.done);
    CHECK(decoder.ends_with_stream());
}

TEST_CASE("a chunked body is taken apart, its trailers are kept, its faults told (RFC 9112 7.1)")
{
    body_decoder decoder({framing_kind::chunked, 0});
    CHECK_FALSE(decoder.step("").done);
    std::string_view in = "3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\nGET /";
    auto step = decoder.step(in);
    CHECK(step.data == "abc");
    in.remove_prefix(step.consumed);
    while (!step.done) {
        step = decoder.step(in);
        REQUIRE(step.consumed > 0);
        in.remove_prefix(step.consumed);
    }
    CHECK(in == "GET /");
    CHECK(decoder.trailer_lines() == "X-Sum: 1\r\n");
    CHECK_FALSE(decoder.ends_with_stream());
    CHECK(body_decoder({framing_kind::chunked, 0}).step("x\r\n").fault == chunk_fault::bad_size);
}
