#include "proxy/websocket/control_frame.hpp"
#include "proxy/websocket/frame_scanner.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::websocket;

namespace {

struct close_code_seen
{
    int code = 0;
    void on_frame(const frame_header&) {}
    void on_message(bool, std::uint64_t) {}
    void on_close(std::uint16_t value) { code = value; }
};

int scanned_code(const control_frame& frame, bool from_client)
{
    frame_scanner scanner(from_client);
    close_code_seen seen;
    scanner.scan(frame.span(), seen);
    return scanner.at_boundary() && !scanner.saw_violation() ? seen.code : -1;
}

} // namespace

TEST_CASE("a Close is valid towards a client unmasked and towards a backend masked (RFC 6455 5.3)")
{
    CHECK(scanned_code(close_frame(1001, "going away", masking::none), false) == 1001);
    CHECK(scanned_code(close_frame(1012, "", masking::random_key), true) == 1012);
}

TEST_CASE("two masked frames have different keys")
{
    const control_frame first = close_frame(1001, "", masking::random_key);
    const control_frame second = close_frame(1001, "", masking::random_key);
    CHECK(std::string(first.bytes.begin() + 2, first.bytes.begin() + 6) !=
          std::string(second.bytes.begin() + 2, second.bytes.begin() + 6));
}

TEST_CASE("a long reason is cut to 123 bytes at a character's end (RFC 6455 5.5)")
{
    std::string reason(122, 'x');
    reason += "\xc3\xa4"; // would end at byte 124
    const control_frame frame = close_frame(1001, reason, masking::none);
    CHECK(frame.size == 2 + 2 + 122);
    CHECK(scanned_code(frame, false) == 1001);
    CHECK(close_frame(1001, std::string(500, 'y'), masking::random_key).size == 131);
}
