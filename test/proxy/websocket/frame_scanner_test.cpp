#include "proxy/websocket/frame_scanner.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace fairlead::websocket;

namespace {

using bytes = std::vector<std::uint8_t>;

struct record_frames
{
    std::string log;
    void on_frame(const frame_header& frame)
    {
        log += "f" + std::to_string(static_cast<int>(frame.code)) + (frame.is_final ? "!" : "") + ":" +
               std::to_string(frame.length) + " ";
    }
    void on_message(bool is_text, std::uint64_t size)
    {
        log += (is_text ? "T" : "B") + std::to_string(size) + " ";
    }
    void on_close(std::uint16_t code) { log += "C" + std::to_string(code) + " "; }
};

void append_frame(bytes& out, int byte0, std::uint64_t length, bool masked, bytes payload = {})
{
    payload.resize(length, 'x');
    out.push_back(static_cast<std::uint8_t>(byte0));
    const std::uint8_t mask_bit = masked ? 0x80 : 0;
    if (length < 126) {
        out.push_back(static_cast<std::uint8_t>(mask_bit | length));
    } else {
        const int count = length < 65536 ? 2 : 8;
        out.push_back(static_cast<std::uint8_t>(mask_bit | (count == 2 ? 126 : 127)));
        for (int i = count - 1; i >= 0; --i)
            out.push_back(static_cast<std::uint8_t>(length >> (8 * i)));
    }
    const std::uint8_t key[4] = {0x11, 0x92, 0x03, 0xf4};
    if (masked) out.insert(out.end(), key, key + 4);
    for (std::size_t i = 0; i < payload.size(); ++i)
        out.push_back(static_cast<std::uint8_t>(masked ? payload[i] ^ key[i % 4] : payload[i]));
}

std::string scanned(const bytes& stream, bool from_client)
{
    frame_scanner scanner(from_client);
    record_frames sink;
    scanner.scan(stream, sink);
    return sink.log + (scanner.at_boundary() ? "|" : "") + (scanner.saw_violation() ? "?" : "");
}

} // namespace

TEST_CASE("a masked text message from a client is one frame and one message (RFC 6455 5.7)")
{
    const bytes hello{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    CHECK(scanned(hello, true) == "f1!:5 T5 |");
    CHECK(scanned(hello, false) == "f1!:5 T5 |?");
}

TEST_CASE("fragments count as one message, with a control frame between them (RFC 6455 5.4)")
{
    bytes stream;
    append_frame(stream, 0x01, 3, false);
    append_frame(stream, 0x89, 2, false);
    append_frame(stream, 0x00, 4, false);
    append_frame(stream, 0x80, 0, false);
    CHECK(scanned(stream, false) == "f1:3 f9!:2 f0:4 f0!:0 T7 |");
}

TEST_CASE("all three forms of a length are read, masked or not")
{
    for (const bool masked : {false, true}) {
        for (const std::uint64_t length : {0ULL, 1ULL, 125ULL, 126ULL, 65535ULL, 65536ULL, 200'000ULL}) {
            bytes stream;
            append_frame(stream, 0x82, length, masked);
            append_frame(stream, 0x81, 1, masked);
            CHECK(scanned(stream, masked) ==
                  "f2!:" + std::to_string(length) + " B" + std::to_string(length) + " f1!:1 T1 |");
        }
    }
}

TEST_CASE("a close code is unmasked, and a Close without one is 1005 (RFC 6455 7.1.5)")
{
    for (const bool masked : {false, true}) {
        bytes stream;
        append_frame(stream, 0x88, 6, masked, {0x03, 0xE9, 'a', 'b', 'c', 'd'});
        CHECK(scanned(stream, masked) == "f8!:6 C1001 |");
        stream.clear();
        append_frame(stream, 0x88, 2, masked, {0x0f, 0xA0});
        CHECK(scanned(stream, masked) == "f8!:2 C4000 |");
        stream.clear();
        append_frame(stream, 0x88, 0, masked);
        CHECK(scanned(stream, masked) == "f8!:0 C1005 |");
        stream.clear();
        append_frame(stream, 0x88, 1, masked);
        CHECK(scanned(stream, masked) == "f8!:1 C1005 |");
    }
}

TEST_CASE("only the first Close gives the code, and what follows it is a violation (RFC 6455 5.5.1)")
{
    bytes stream;
    append_frame(stream, 0x88, 2, false, {0x03, 0xE8});
    append_frame(stream, 0x88, 2, false, {0x03, 0xF3});
    CHECK(scanned(stream, false) == "f8!:2 C1000 f8!:2 |?");
}

TEST_CASE("what RFC 6455 forbids is a violation and is followed on")
{
    const std::pair<int, std::uint64_t> bad[] = {
        {0x83, 1}, {0x8B, 1}, {0x8F, 0}, {0x80, 1}, {0x09, 1}, {0x89, 126}, {0x88, 200},
    };
    for (const auto& [byte0, length] : bad) {
        bytes stream;
        append_frame(stream, byte0, length, false);
        append_frame(stream, 0x89, 0, false);
        const std::string log = scanned(stream, false);
        CHECK_MESSAGE(log.back() == '?', log);
        CHECK_MESSAGE(log.find("f9!:0") != std::string::npos, log);
    }
    bytes interleaved;
    append_frame(interleaved, 0x01, 1, false);
    append_frame(interleaved, 0x81, 1, false);
    CHECK(scanned(interleaved, false).back() == '?');
}

TEST_CASE("a length with its top bit set ends the tracking, not the stream (RFC 6455 5.2)")
{
    bytes stream{0x82, 0x7f, 0x80, 0, 0, 0, 0, 0, 0, 1};
    stream.resize(100, 0x81);
    CHECK(scanned(stream, false) == "?");
    bytes split = stream;
    frame_scanner scanner(false);
    record_frames sink;
    for (const std::uint8_t byte : split)
        scanner.scan({&byte, 1}, sink);
    CHECK(sink.log.empty());
    CHECK(scanner.saw_violation());
    CHECK_FALSE(scanner.at_boundary());
}

TEST_CASE("every way of splitting a stream gives the same frames")
{
    std::mt19937 random(42);
    for (int round = 0; round < 300; ++round) {
        const bool masked = round % 2 == 0;
        bytes stream;
        for (int i = 0; i < 30; ++i) {
            const int kind[] = {0x81, 0x82, 0x89, 0x8A, 0x01, 0x80, 0x88, 0x83};
            const std::uint64_t sizes[] = {0, 1, 2, 5, 125, 126, 130, 700, 65535, 65537};
            append_frame(stream, kind[random() % 8], sizes[random() % (i % 10 == 0 ? 10 : 7)], masked,
                         {3, 0xE8});
        }
        const std::string whole = scanned(stream, masked);
        frame_scanner scanner(masked);
        record_frames sink;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t take =
                std::min<std::size_t>(stream.size() - at, 1 + random() % (round % 3 ? 20 : 900));
            scanner.scan({stream.data() + at, take}, sink);
            at += take;
        }
        CHECK(sink.log + (scanner.at_boundary() ? "|" : "") + (scanner.saw_violation() ? "?" : "") == whole);
    }
}

TEST_CASE("scan_to_boundary stops behind the frame that was under way and nowhere else")
{
    bytes stream;
    append_frame(stream, 0x81, 300, true);
    const std::size_t boundary = stream.size();
    append_frame(stream, 0x81, 5, true);
    for (std::size_t before = 1; before < boundary; ++before) {
        frame_scanner scanner(true);
        record_frames sink;
        scanner.scan({stream.data(), before}, sink);
        REQUIRE_FALSE(scanner.at_boundary());
        const std::size_t rest =
            scanner.scan_to_boundary({stream.data() + before, stream.size() - before}, sink);
        CHECK(before + rest == boundary);
        CHECK(scanner.at_boundary());
    }
}
