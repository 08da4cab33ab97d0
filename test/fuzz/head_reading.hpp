// Reads a head for the targets that need one: in every split, from memory that moves between the calls, with
// one verdict.
#pragma once

#include "proxy/http/head_parser.hpp"
#include "test/fuzz/claim.hpp"
#include "test/fuzz/splits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::fuzz {

template <class Parser>
http::parse_result read_in_pieces(const pieces& stream)
{
    Parser parser;
    http::head out;
    std::vector<char> received;
    for (const auto piece : stream) {
        std::vector<char> moved = received; // of the exact size, and elsewhere
        moved.insert(moved.end(), piece.begin(), piece.end());
        moved.shrink_to_fit();
        received.swap(moved);
        const auto result = parser.parse({received.data(), received.size()}, out);
        if (result.status != http::parse_status::need_more) return result;
    }
    return {};
}

// How long the head is; nothing when it is not whole or not well formed.
template <class Parser>
std::optional<std::size_t> read_head(std::string_view bytes, http::head& out)
{
    const auto whole = Parser().parse(bytes, out);
    for_each_split(bytes, [&](const pieces& stream) {
        const auto split = read_in_pieces<Parser>(stream);
        require(split.status == whole.status, "a split head gets the same verdict");
        require(split.fault == whole.fault, "for the same reason");
        require(split.consumed == whole.consumed, "and ends at the same place");
    });
    if (whole.status != http::parse_status::done) return std::nullopt;
    return whole.consumed;
}

// A head that the proxy wrote: it parses, to its end, and every line end in it ends one of its lines.
template <class Parser>
void read_written(const std::string& text, http::head& out)
{
    const http::head_limits widest{http::max_head_bytes, 1000, http::max_head_bytes};
    const auto result = Parser(widest).parse(text, out);
    require(result.status == http::parse_status::done, "a written head is well formed");
    require(result.consumed == text.size(), "and is one head");
    std::size_t lines = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_line_end = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        require(text[i] != '\n' || (i > 0 && text[i - 1] == '\r'), "no bare LF is written");
        require(text[i] != '\r' || is_line_end, "no bare CR is written");
        lines += is_line_end ? 1 : 0;
    }
    require(lines == out.size() + 2, "one line for each field");
}

} // namespace fairlead::fuzz
