// One stream of frames gives one log however it arrives, and the two ways to scan it agree (RFC 6455 5.2).
#include "proxy/websocket/frame_scanner.hpp"
#include "test/fuzz/claim.hpp"
#include "test/fuzz/splits.hpp"

#include <span>
#include <string>

namespace {

using namespace fairlead;
using websocket::frame_scanner;

struct frame_log
{
    std::string text;
    void on_frame(const websocket::frame_header& frame)
    {
        text += "f" + std::to_string(static_cast<int>(frame.code)) + (frame.is_final ? "!" : "") +
                (frame.is_masked ? "m" : "") + std::to_string(frame.length) + " ";
    }
    void on_message(bool is_text, std::uint64_t size)
    {
        text += (is_text ? "T" : "B") + std::to_string(size) + " ";
    }
    void on_close(std::uint16_t code) { text += "C" + std::to_string(code) + " "; }
};

std::span<const std::uint8_t> as_bytes(std::string_view piece)
{
    return {reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size()};
}

std::string summary(const frame_scanner& scanner, const frame_log& log)
{
    return log.text + (scanner.at_boundary() ? "|" : "") + (scanner.saw_violation() ? "?" : "") +
           (scanner.saw_close() ? "x" : "") + (scanner.in_message() ? "+" : "");
}

std::string scanned(const fuzz::pieces& stream, bool from_client)
{
    frame_scanner scanner(from_client);
    frame_log log;
    for (const auto piece : stream)
        scanner.scan(as_bytes(piece), log);
    return summary(scanner, log);
}

std::string scanned_by_frame(const fuzz::pieces& stream, bool from_client)
{
    frame_scanner scanner(from_client);
    frame_log log;
    for (auto piece : stream) {
        while (!piece.empty()) {
            std::size_t used = 1;
            if (scanner.at_boundary()) {
                scanner.scan(as_bytes(piece.substr(0, 1)), log);
            } else {
                used = scanner.scan_to_boundary(as_bytes(piece), log);
                fuzz::require(used > 0 && used <= piece.size(), "a scan goes on within its input");
                fuzz::require(used == piece.size() || scanner.at_boundary(),
                              "it stops short at a boundary only");
            }
            piece.remove_prefix(used);
        }
    }
    return summary(scanner, log);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const bool from_client : {true, false}) {
        const fuzz::pieces whole{bytes};
        const std::string expected = scanned(whole, from_client);
        fuzz::require(scanned_by_frame(whole, from_client) == expected, "scanning by frame agrees");
        fuzz::for_each_split(bytes, [&](const fuzz::pieces& stream) {
            fuzz::require(scanned(stream, from_client) == expected, "a split does not show");
            fuzz::require(scanned_by_frame(stream, from_client) == expected, "nor when scanning by frame");
        });
    }
    return 0;
}
