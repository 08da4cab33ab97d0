#include "proxy/websocket/pong_finder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::websocket {
namespace {

using namespace std::string_literals;

constexpr pong_finder::ping_payload sent{'p', 'a', 'y', 'l', 'o', 'a', 'd', '1'};
const std::string pong = "\x8a\x08payload1";

pong_search search(std::string_view bytes, std::size_t piece = 1'000'000)
{
    pong_finder finder(sent);
    auto found = pong_search::going_on;
    while (found == pong_search::going_on && !bytes.empty()) {
        const std::string_view now = bytes.substr(0, piece);
        const std::vector<std::uint8_t> block(now.begin(), now.end());
        found = finder.on(block);
        bytes.remove_prefix(now.size());
    }
    return found;
}

} // namespace

TEST_CASE("the pong of our ping is found behind whatever a server says first (RFC 6455 5.5.3)")
{
    const std::string welcome = "\x81\x05hello"s + "\x82\x7e\x01\x2c"s + std::string(300, 'x') +
                                "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s + std::string(65'536, '\x8a');
    const std::string controls = "\x89\x04ping\x8a\x00\x8a\x08payload2\x01\x01x\x80\x00"s;
    for (const std::size_t piece : {1, 2, 3, 7, 1'000'000}) {
        CAPTURE(piece);
        CHECK(search(pong, piece) == pong_search::found);
        CHECK(search(welcome + controls + pong, piece) == pong_search::found);
        CHECK(search(welcome + controls, piece) == pong_search::going_on);
        CHECK(search(pong.substr(0, 9), piece) == pong_search::going_on);
    }
    CHECK(search("") == pong_search::going_on);
}

TEST_CASE("a Close ends the search, and its code is told")
{
    pong_finder finder(sent);
    const std::vector<std::uint8_t> close{0x88, 0x02, 0x03, 0xf0};
    CHECK(finder.on(close) == pong_search::closed);
    CHECK(finder.close_code() == 1008);
    CHECK(search("\x88\x00"s) == pong_search::closed);
}

TEST_CASE("frames that a server must not send are none (RFC 6455 5.1, 5.2, 5.5)")
{
    CHECK(search("\x8a\x88"s) == pong_search::wrong); // masked
    CHECK(search("\x83\x00"s) == pong_search::wrong); // a reserved opcode
    CHECK(search("\x8b\x00"s) == pong_search::wrong);
    CHECK(search("\x0a\x08"s) == pong_search::wrong); // a control frame in pieces
    CHECK(search("\x8a\x7e\x00\x80"s) == pong_search::wrong);
}

} // namespace fairlead::websocket
