// A frame as it is judged is the frame as it is scanned, and what may pass leaves the stream between two
// frames where the scanner says so (RFC 6455 5.2).
#include "proxy/websocket/frame_check.hpp"
#include "test/fuzz/claim.hpp"

#include <span>
#include <string_view>

namespace {

using namespace fairlead;
using namespace websocket;

struct last_frame
{
    frame_header header;
    int frames = 0;

    void on_frame(const frame_header& frame)
    {
        header = frame;
        ++frames;
    }
    void on_message(bool, std::uint64_t) {}
    void on_close(std::uint16_t) {}
};

void check_judgement(const frame_start& frame, const frame_scanner& scanner, bool from_client)
{
    const frame_context where{from_client, scanner.in_message(), scanner.message_bytes(), 4};
    const frame_rules limits{.max_frame = 1'000, .max_message = 5'000, .enforce = true};
    const bool passes = judge(frame, limits, where) == frame_fault::none;
    fuzz::require(judge(frame, {}, where) == frame_fault::none, "without rules everything passes");
    if (!passes) return;
    fuzz::require(frame.is_masked == from_client, "what passes is masked as it has to be");
    fuzz::require(!frame.is_control() || (frame.is_final && frame.length <= 125), "a control frame is small");
    fuzz::require(frame.is_control() || frame.length <= 1'000, "a data frame is within its limit");
}

// Frame by frame, as the relay goes about it.
void walk(std::span<const std::uint8_t> rest, bool from_client)
{
    frame_scanner scanner(from_client);
    last_frame seen;
    while (!rest.empty()) {
        if (!scanner.at_boundary()) {
            rest = rest.subspan(scanner.scan_to_boundary(rest, seen));
            continue;
        }
        const auto frame = read_frame_start(rest);
        if (!frame) {
            fuzz::require(rest.size() < longest_frame_start, "a whole header is read");
            return;
        }
        check_judgement(*frame, scanner, from_client);
        const int before = seen.frames;
        scanner.scan(rest.first(frame->size), seen);
        rest = rest.subspan(frame->size);
        if (frame->length >> 63 != 0) return; // the scanner has lost track, as it should
        fuzz::require(seen.frames == before + 1, "a header is a frame");
        const frame_header& header = seen.header;
        fuzz::require(header.length == frame->length && header.code == frame->code, "both read the same");
        fuzz::require(header.is_final == frame->is_final && header.is_masked == frame->is_masked,
                      "and the same flags");
        fuzz::require(scanner.at_boundary() == (frame->length == 0), "behind a header comes its payload");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    for (const bool from_client : {true, false})
        walk({data, size}, from_client);
    return 0;
}
