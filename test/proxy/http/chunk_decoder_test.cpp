#include "proxy/http/chunk_decoder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>

using namespace fairlead::http;

namespace {

struct outcome
{
    std::string payload;
    std::string trailers;
    std::size_t consumed = 0;
    bool done = false;
    chunk_fault fault = chunk_fault::none;

    bool operator==(const outcome&) const = default;
};

outcome decode(std::string_view bytes, const std::function<std::size_t()>& piece_size)
{
    chunk_decoder decoder;
    outcome out;
    while (!bytes.empty() && !out.done && out.fault == chunk_fault::none) {
        auto piece = bytes.substr(0, piece_size());
        bytes.remove_prefix(piece.size());
        while (!piece.empty() && !out.done && out.fault == chunk_fault::none) {
            const auto step = decoder.step(piece);
            REQUIRE((step.consumed > 0 || step.fault != chunk_fault::none));
            REQUIRE(step.data.size() <= step.consumed);
            out.payload += step.data;
            out.consumed += step.consumed;
            out.done = step.done;
            out.fault = step.fault;
            piece.remove_prefix(step.consumed);
        }
    }
    out.trailers = decoder.trailer_lines();
    return out;
}

outcome decode(std::string_view bytes)
{
    const auto whole = decode(bytes, [&] { return bytes.size(); });
    const auto single = decode(bytes, [] { return std::size_t{1}; });
    CHECK(whole == single);
    return whole;
}

chunk_fault fault_of(std::string_view bytes)
{
    CAPTURE(bytes);
    const auto out = decode(bytes);
    CHECK_FALSE(out.done);
    return out.fault;
}

} // namespace

TEST_CASE("chunks are taken apart and the bytes behind the message are left")
{
    const std::string message = "5\r\nhello\r\n00A\r\n0123456789\r\n0\r\n\r\n";
    const auto out = decode(message + "GET / HTTP/1.1\r\n");
    CHECK(out.done);
    CHECK(out.payload == "hello0123456789");
    CHECK(out.consumed == message.size());
    CHECK(out.trailers.empty());
}

TEST_CASE("an empty chunked body is its last chunk")
{
    CHECK(decode("0\r\n\r\n").done);
    CHECK(decode("000\r\n\r\n").done);
}

TEST_CASE("any split of a chunked message gives the same payload, trailers and end")
{
    std::mt19937 random(2);
    std::string message, payload;
    for (int i = 0; i < 30; ++i) {
        const std::string data(1 + random() % 300, static_cast<char>('a' + i % 26));
        char size[32];
        std::snprintf(size, sizeof size, i % 2 ? "%zx" : "%zX;a=\"b;\\\"c\"", data.size());
        message += std::string(size) + "\r\n" + data + "\r\n";
        payload += data;
    }
    message += "0;last\r\nX-Sum: 1\r\nHost: evil\r\nX-Other:\t2\r\n\r\n";
    const auto whole = decode(message);
    CHECK(whole.done);
    CHECK(whole.payload == payload);
    CHECK(whole.trailers == "X-Sum: 1\r\nX-Other:\t2\r\n");
    for (int round = 0; round < 300; ++round) {
        CHECK(decode(message, [&] { return std::size_t{1} + random() % 50; }) == whole);
    }
}

TEST_CASE("a decoder is as new after reset")
{
    chunk_decoder decoder;
    CHECK(decoder.step("0\r\nX: 1\r\n\r\n").done);
    CHECK(decoder.trailer_lines() == "X: 1\r\n");
    decoder.reset();
    CHECK(decoder.trailer_lines().empty());
    CHECK(decoder.step("0\r\n\r\n").done);
}

TEST_CASE("the payload of a step lies in its input, at the end of what was consumed")
{
    const std::string bytes = "5\r\nhello\r\n";
    chunk_decoder decoder;
    const auto step = decoder.step(bytes);
    CHECK(step.data.data() == bytes.data() + 3);
    CHECK(step.consumed == 8);
    CHECK(decoder.remaining_in_chunk() == 0);
}

TEST_CASE("a chunk size with a sign, space, prefix or no digit is refused (RFC 9112 7.1)")
{
    for (const auto* bytes : {"+5\r\nhello\r\n", "-5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
                              "0x5\r\nhello\r\n", "\r\n", ";a\r\n", "g\r\n", "5\t;a\r\n", "5,5\r\n"})
    {
        CHECK(fault_of(bytes) == chunk_fault::bad_size);
    }
    CHECK(fault_of(std::string("5\0\r\n", 4)) == chunk_fault::bad_size);
}

TEST_CASE("a chunk size has at most 16 digits and stays below 2^63")
{
    CHECK(fault_of("00000000000000005\r\nhello\r\n") == chunk_fault::bad_size);
    CHECK(fault_of("8000000000000000\r\n") == chunk_fault::bad_size);
    CHECK(fault_of("FFFFFFFFFFFFFFFF\r\n") == chunk_fault::bad_size);
    CHECK(fault_of("10000000000000005\r\n") == chunk_fault::bad_size);
    chunk_decoder decoder;
    CHECK(decoder.step("7fffffffffffffff\r\n").fault == chunk_fault::none);
    CHECK(decoder.remaining_in_chunk() == 0x7fffffffffffffff);
}

TEST_CASE("a bare line feed or carriage return is refused in the chunked coding (RFC 9112 7.1, 2.2)")
{
    CHECK(fault_of("5\nhello\r\n0\r\n\r\n") == chunk_fault::bad_line_end);
    CHECK(fault_of("5\r\nhello\n0\r\n\r\n") == chunk_fault::bad_line_end);
    CHECK(fault_of("5\r\nhello\r0\r\n\r\n") == chunk_fault::bad_line_end);
    CHECK(fault_of("5\rhello") == chunk_fault::bad_line_end);
    CHECK(fault_of("5;a\nhello\r\n") == chunk_fault::bad_extension);
    CHECK(fault_of("0\r\n\n") == chunk_fault::bad_line_end);
    CHECK(fault_of("0\r\nX: 1\n\r\n") == chunk_fault::bad_line_end);
    CHECK(fault_of("0\r\nX: 1\rY: 2\r\n\r\n") == chunk_fault::bad_line_end);
}

TEST_CASE("chunk data longer or shorter than its size is refused")
{
    CHECK(fault_of("5\r\nhello!\r\n") == chunk_fault::bad_line_end);
    CHECK(fault_of("5\r\nhell\r\n0\r\n\r\n") == chunk_fault::bad_line_end);
}

TEST_CASE("chunk extensions are skipped, also quoted ones (RFC 9112 7.1.1)")
{
    CHECK(decode("5;a=b;c=\"d \\\" e\"\r\nhello\r\n0;x\r\n\r\n").payload == "hello");
}

TEST_CASE("control bytes in a chunk extension are refused, quoted or not")
{
    CHECK(fault_of(std::string("5;a\0\r\nhello\r\n", 13)) == chunk_fault::bad_extension);
    CHECK(fault_of("5;a=\"b\nc\"\r\nhello\r\n") == chunk_fault::bad_extension);
    CHECK(fault_of("5;a=\"b\r\nhello\r\n") == chunk_fault::bad_extension);
    CHECK(fault_of("5;a=\"\\\r\nhello\r\n") == chunk_fault::bad_extension);
    CHECK(fault_of("5;\x7f\r\n") == chunk_fault::bad_extension);
}

TEST_CASE("a chunk extension of 256 bytes passes and one more is refused")
{
    CHECK(decode("5;" + std::string(256, 'x') + "\r\nhello\r\n0\r\n\r\n").done);
    CHECK(fault_of("5;" + std::string(257, 'x') + "\r\nhello\r\n") == chunk_fault::bad_extension);
}

TEST_CASE("trailers that frame, route or authenticate are dropped (RFC 9110 6.5.1)")
{
    for (const auto* name :
         {"Host", "Content-Length", "transfer-encoding", "Authorization", "Cookie", "Set-Cookie",
          "Connection", "Content-Type", "Trailer", "TE", "Upgrade", "X-Forwarded-For", "Forwarded",
          "Proxy-Authorization", "X_Under", "Expect", "Sec-WebSocket-Key", "Keep-Alive"})
    {
        CAPTURE(name);
        const auto out = decode("0\r\nA: 1\r\n" + std::string(name) + ": x\r\nB: 2\r\n\r\n");
        CHECK(out.done);
        CHECK(out.trailers == "A: 1\r\nB: 2\r\n");
    }
}

TEST_CASE("a malformed trailer is refused (RFC 9112 7.1.2)")
{
    CHECK(fault_of("0\r\nno colon\r\n\r\n") == chunk_fault::bad_trailer);
    CHECK(fault_of("0\r\n: x\r\n\r\n") == chunk_fault::bad_trailer);
    CHECK(fault_of("0\r\nA : x\r\n\r\n") == chunk_fault::bad_trailer);
    CHECK(fault_of("0\r\nA: x\r\n folded\r\n\r\n") == chunk_fault::bad_trailer);
    CHECK(fault_of("0\r\nA: x\r\n \r\n\r\n") == chunk_fault::bad_trailer);
    CHECK(fault_of("0\r\nA: x\x01\r\n\r\n") == chunk_fault::bad_trailer);
    CHECK(fault_of(std::string("0\r\nA: \0\r\n\r\n", 11)) == chunk_fault::bad_trailer);
}

TEST_CASE("a trailer section is at most 8 KiB, dropped fields included")
{
    const auto section = [](std::size_t size) {
        return "Host: " + std::string(size - 10, 'x') + "\r\n\r\n"; // with the final empty line
    };
    CHECK(decode("0\r\n" + section(8192)).done);
    CHECK(fault_of("0\r\n" + section(8193)) == chunk_fault::trailers_too_large);
}

TEST_CASE("a trailer section has at most 64 fields")
{
    const auto section = [](int count) {
        std::string lines;
        for (int i = 0; i < count; ++i)
            lines += "A: 1\r\n";
        return "0\r\n" + lines + "\r\n";
    };
    CHECK(decode(section(64)).done);
    CHECK(fault_of(section(65)) == chunk_fault::trailers_too_large);
}
