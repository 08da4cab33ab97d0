// A chunked body has one payload, one end and one fault however it arrives, and its trailers are lines that
// may be forwarded (RFC 9112 7.1).
#include "proxy/http/chunk_decoder.hpp"
#include "proxy/http/field_syntax.hpp"
#include "test/fuzz/claim.hpp"
#include "test/fuzz/splits.hpp"

#include <cstdint>
#include <string>

namespace {

using namespace fairlead;
using fuzz::require;

struct body
{
    std::string payload;
    std::string trailers;
    std::size_t consumed = 0;
    bool done = false;
    http::chunk_fault fault = http::chunk_fault::none;

    bool is_over() const { return done || fault != http::chunk_fault::none; }
    bool operator==(const body&) const = default;
};

body decode(const fuzz::pieces& stream)
{
    http::chunk_decoder decoder;
    body out;
    for (auto piece : stream) {
        while (!piece.empty() && !out.is_over()) {
            const auto step = decoder.step(piece);
            require(step.consumed <= piece.size(), "a step stays within its input");
            require(step.data.size() <= step.consumed, "payload is consumed");
            out.payload += step.data;
            out.done = step.done;
            out.fault = step.fault;
            require(step.consumed > 0 || out.is_over(), "a step goes on");
            out.consumed += step.consumed;
            piece.remove_prefix(step.consumed);
        }
    }
    if (out.done) out.trailers = decoder.trailer_lines();
    return out;
}

void check_trailers(std::string_view lines)
{
    while (!lines.empty()) {
        const auto end = lines.find("\r\n");
        require(end != std::string_view::npos, "a trailer line is whole");
        const auto line = lines.substr(0, end);
        require(line.find_first_of("\r\n") == std::string_view::npos, "and one line");
        const auto name = line.substr(0, line.find(':'));
        require(http::is_token(name) && name.size() < line.size(), "with a name");
        require(http::is_trailer_allowed(name), "that a trailer may have");
        lines.remove_prefix(end + 2);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const body whole = decode({bytes});
    fuzz::for_each_split(bytes, [&](const fuzz::pieces& stream) {
        require(decode(stream) == whole, "a split does not show");
    });
    check_trailers(whole.trailers);
    return 0;
}
