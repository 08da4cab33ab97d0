// Input: what a server sends behind its 101. The search has one end however the bytes arrive, and ends
// well only where the pong stands between two frames (RFC 6455 5.5.3).
#include "proxy/websocket/pong_finder.hpp"
#include "test/fuzz/claim.hpp"
#include "test/fuzz/splits.hpp"

#include <cstdint>
#include <string_view>

namespace {

using namespace fairlead;
using fuzz::require;
using websocket::pong_search;

constexpr std::string_view sent = "12345678";

struct outcome
{
    pong_search how = pong_search::going_on;
    std::uint16_t close_code = 0;
    bool operator==(const outcome&) const = default;
};

outcome search(const fuzz::pieces& stream)
{
    websocket::pong_finder::ping_payload payload{};
    std::copy(sent.begin(), sent.end(), payload.begin());
    websocket::pong_finder finder(payload);
    outcome out;
    for (const auto piece : stream) {
        out.how = finder.on({reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()});
        if (out.how != pong_search::going_on) break;
    }
    out.close_code = finder.close_code();
    return out;
}

// All at once, unlike the finder.
outcome expected(std::string_view bytes)
{
    const auto byte = [&bytes](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    while (bytes.size() >= 2) {
        const unsigned opcode = byte(0) & 15U;
        const std::size_t extended = (byte(1) & 127U) == 127 ? 8 : (byte(1) & 127U) == 126 ? 2 : 0;
        if (bytes.size() < 2 + extended) return {};
        const bool is_control = opcode >= 8;
        if (byte(1) >= 128 || (opcode > 2 && opcode < 8) || opcode > 10) return {pong_search::wrong, 0};
        if (is_control && (byte(0) < 128 || extended != 0)) return {pong_search::wrong, 0};
        std::uint64_t length = extended == 0 ? byte(1) & 127U : 0;
        for (std::size_t i = 0; i < extended; ++i)
            length = length << 8 | byte(2 + i);
        bytes.remove_prefix(2 + extended);
        if (bytes.size() < length) return {};
        const auto payload = bytes.substr(0, static_cast<std::size_t>(length));
        bytes.remove_prefix(payload.size());
        if (opcode == 10 && payload == sent) return {pong_search::found, 0};
        if (opcode != 8) continue;
        const unsigned code = payload.size() < 2 ? 0U
                                                 : static_cast<unsigned char>(payload[0]) << 8 |
                                                       static_cast<unsigned char>(payload[1]);
        return {pong_search::closed, static_cast<std::uint16_t>(code)};
    }
    return {};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const outcome whole = search({bytes});
    require(whole == expected(bytes), "the search ends where the grammar says");
    fuzz::for_each_split(bytes, [&](const fuzz::pieces& stream) {
        require(search(stream) == whole, "a split does not show");
    });
    return 0;
}
