// A frame as it is judged is the frame as it is scanned, and what may pass leaves the stream between two
// frames where the scanner says so (RFC 6455 5.2).
#include "proxy/websocket/frame_check.hpp"
#include "test/fuzz/claim.hpp"
#include "test/fuzz/splits.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace fairlead;
using namespace websocket;
using fuzz::require;

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
    require(judge(frame, {}, where) == frame_fault::none, "without rules everything passes");
    if (!passes) return;
    require(frame.is_masked == from_client, "what passes is masked as it has to be");
    require(!frame.is_control() || (frame.is_final && frame.length <= 125), "a control frame is small");
    require(frame.is_control() || frame.length <= 1'000, "a data frame is within its limit");
}

// What is passed on of a stream and what is held back at its end, as the relay goes about it.
struct passage
{
    std::string passed;
    std::string held;
    int frames = 0;
    bool is_over = false; // no frame can follow

    bool operator==(const passage&) const = default;
};

class walker
{
public:
    explicit walker(bool from_client)
        : from_client_(from_client)
        , scanner_(from_client)
    {}

    void take(std::string_view piece)
    {
        const std::string all = std::exchange(out_.held, {}).append(piece);
        bytes rest{reinterpret_cast<const std::uint8_t*>(all.data()), all.size()};
        while (!rest.empty() && !out_.is_over) {
            const std::size_t used = scanner_.at_boundary() ? take_header(rest) : take_payload(rest);
            if (used == 0) break;
            out_.passed.append(all, all.size() - rest.size(), used);
            rest = rest.subspan(used);
        }
        if (!out_.is_over) out_.held = all.substr(all.size() - rest.size());
    }

    const passage& outcome() const noexcept { return out_; }

private:
    using bytes = std::span<const std::uint8_t>;

    std::size_t take_payload(bytes rest)
    {
        const std::size_t used = scanner_.scan_to_boundary(rest, seen_);
        require(used > 0, "a payload goes on");
        return used;
    }

    std::size_t take_header(bytes rest)
    {
        const auto frame = read_frame_start(rest);
        if (!frame) {
            require(rest.size() < longest_frame_start, "a whole header is read");
            return 0;
        }
        check_judgement(*frame, scanner_, from_client_);
        scanner_.scan(rest.first(frame->size), seen_);
        out_.is_over = frame->length >> 63 != 0; // the scanner has lost track, as it should
        if (out_.is_over) return frame->size;
        require(seen_.frames == ++out_.frames, "a header is a frame");
        const frame_header& header = seen_.header;
        require(header.length == frame->length && header.code == frame->code, "both read the same");
        require(header.is_final == frame->is_final && header.is_masked == frame->is_masked,
                "and the same flags");
        require(scanner_.at_boundary() == (frame->length == 0), "behind a header comes its payload");
        return frame->size;
    }

    bool from_client_;
    frame_scanner scanner_;
    last_frame seen_;
    passage out_;
};

passage walk(const fuzz::pieces& stream, bool from_client)
{
    walker along(from_client);
    for (const auto piece : stream)
        along.take(piece);
    return along.outcome();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const bool from_client : {true, false}) {
        const passage whole = walk({bytes}, from_client);
        require(whole.is_over || whole.passed + whole.held == bytes, "every byte goes on, or waits for more");
        require(whole.held.size() < longest_frame_start, "no more waits than a header");
        fuzz::for_each_split(bytes, [&](const fuzz::pieces& stream) {
            require(walk(stream, from_client) == whole, "a split does not show");
        });
    }
    return 0;
}
