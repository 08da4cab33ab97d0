#include "proxy/websocket/frame_check.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace fairlead;
using namespace websocket;

namespace {

using octets = std::vector<std::uint8_t>;

constexpr frame_context from_client{.is_from_client = true};
constexpr frame_context from_backend{};

frame_fault judged(const octets& bytes, const frame_rules& rules, const frame_context& where)
{
    const auto frame = read_frame_start(bytes);
    REQUIRE(frame);
    return judge(*frame, rules, where);
}

frame_fault enforced(const octets& bytes, const frame_context& where)
{
    return judged(bytes, {.enforce = true}, where);
}

} // namespace

TEST_CASE("a frame's first bytes are read as soon as all of its header is there (RFC 6455 5.2)")
{
    const octets large{0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0xde, 0xad, 0xbe, 0xef};
    for (std::size_t size = 0; size < large.size(); ++size)
        CHECK_FALSE(read_frame_start(std::span(large).first(size)));
    const auto frame = read_frame_start(large);
    REQUIRE(frame);
    CHECK(frame->size == 14);
    CHECK(frame->length == 65'536);
    CHECK(frame->key == 0xdeadbeef);
    CHECK(frame->code == opcode::binary);
    CHECK(frame->is_final);
    CHECK(frame->is_masked);
    CHECK(read_frame_start(octets{0x41, 126, 1, 0})->length == 256);
    CHECK(read_frame_start(octets{0x41, 126, 1, 0})->reserved == 4);
    CHECK_FALSE(read_frame_start(octets{0x41, 126, 1, 0})->is_final);
}

TEST_CASE("a length is proper in its shortest form only")
{
    CHECK(read_frame_start(octets{0x82, 125})->is_length_proper);
    CHECK_FALSE(read_frame_start(octets{0x82, 126, 0, 125})->is_length_proper);
    CHECK(read_frame_start(octets{0x82, 126, 0, 126})->is_length_proper);
    CHECK_FALSE(read_frame_start(octets{0x82, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff})->is_length_proper);
    CHECK_FALSE(read_frame_start(octets{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0})->is_length_proper);
}

TEST_CASE("frames above max_frame and messages above max_message are told at their header")
{
    const frame_rules rules{.max_frame = 100, .max_message = 150};
    CHECK(judged({0x82, 100}, rules, from_backend) == frame_fault::none);
    CHECK(judged({0x82, 101}, rules, from_backend) == frame_fault::frame_too_big);
    frame_context going_on{.in_message = true, .message_bytes = 100};
    CHECK(judged({0x00, 50}, rules, going_on) == frame_fault::none);
    CHECK(judged({0x00, 51}, rules, going_on) == frame_fault::message_too_big);
    CHECK(judged({0x89, 125}, rules, going_on) == frame_fault::none); // a control frame is no part of it
    const octets endless{0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    CHECK(judged(endless, {.max_message = 1}, going_on) == frame_fault::message_too_big);
}

TEST_CASE("a length that cannot be is a fault under any rule, and none without")
{
    const octets impossible{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0};
    CHECK(judged(impossible, {}, from_backend) == frame_fault::none);
    CHECK(judged(impossible, {.max_message = 1 << 20}, from_backend) == frame_fault::protocol);
    CHECK(judged(impossible, {.enforce = true}, from_backend) == frame_fault::protocol);
}

TEST_CASE("a client masks and a backend does not (RFC 6455 5.1)")
{
    CHECK(enforced({0x82, 0x81, 1, 2, 3, 4}, from_client) == frame_fault::none);
    CHECK(enforced({0x82, 0x01}, from_client) == frame_fault::protocol);
    CHECK(enforced({0x82, 0x81, 1, 2, 3, 4}, from_backend) == frame_fault::protocol);
}

TEST_CASE(
    "reserved bits are for agreed extensions, on the first frame of a message (RFC 6455 5.2, RFC 7692 6)")
{
    CHECK(enforced({0xc1, 1}, from_backend) == frame_fault::protocol);
    const frame_context deflated{.reserved = 4};
    CHECK(enforced({0xc1, 1}, deflated) == frame_fault::none);
    CHECK(enforced({0xa1, 1}, deflated) == frame_fault::protocol);
    CHECK(enforced({0xc9, 1}, deflated) == frame_fault::protocol); // a ping
    CHECK(enforced({0xc0, 1}, {.in_message = true, .reserved = 4}) == frame_fault::protocol);
}

TEST_CASE("opcodes, control frames and fragments follow RFC 6455 5.4 and 5.5")
{
    for (const int code : {0x83, 0x87, 0x8b, 0x8f})
        CHECK(enforced({static_cast<std::uint8_t>(code), 0}, from_backend) == frame_fault::protocol);
    CHECK(enforced({0x09, 0}, from_backend) == frame_fault::protocol);           // a ping in fragments
    CHECK(enforced({0x89, 126, 0, 126}, from_backend) == frame_fault::protocol); // a ping of 126 bytes
    CHECK(enforced({0x88, 1}, from_backend) == frame_fault::protocol);           // half a close code
    CHECK(enforced({0x80, 1}, from_backend) == frame_fault::protocol);           // continues nothing
    CHECK(enforced({0x81, 1}, {.in_message = true}) == frame_fault::protocol);   // interrupts a message
    CHECK(enforced({0x8a, 0}, {.in_message = true}) == frame_fault::none);       // a pong may
    CHECK(enforced({0x82, 126, 0, 5}, from_backend) == frame_fault::protocol);   // not the shortest length
}

TEST_CASE("a close code is read through its mask, and only some may be sent (RFC 6455 7.4)")
{
    const octets masked{0x88, 0x82, 0x11, 0x22, 0x33, 0x44, 0x03 ^ 0x11, 0xe8 ^ 0x22};
    const auto frame = read_frame_start(masked);
    REQUIRE(frame);
    CHECK(read_close_code(*frame, std::span(masked).subspan(frame->size)) == 1000);
    for (const int code : {1000, 1003, 1007, 1014, 3000, 4999})
        CHECK(is_sendable(static_cast<std::uint16_t>(code)));
    for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535})
        CHECK_FALSE(is_sendable(static_cast<std::uint16_t>(code)));
}
