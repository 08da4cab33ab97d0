#include "proxy/http/chunk_decoder.hpp"

#include "proxy/http/field_syntax.hpp"

#include <algorithm>

namespace fairlead::http {

namespace {

constexpr std::uint8_t max_size_digits = 16;
constexpr std::uint64_t max_chunk_bytes = (std::uint64_t{1} << 63) - 1;

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char folded = static_cast<char>(c | 0x20);
    return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

} // namespace

std::string_view reason_of(chunk_fault fault)
{
    switch (fault) {
    case chunk_fault::none: return "no fault";
    case chunk_fault::bad_size: return "malformed chunk size";
    case chunk_fault::bad_extension: return "malformed or oversized chunk extension";
    case chunk_fault::bad_line_end: return "chunk line without CRLF";
    case chunk_fault::bad_trailer: return "malformed trailer field";
    case chunk_fault::trailers_too_large: return "trailer section too large";
    }
    return "malformed chunk";
}

void chunk_decoder::reset()
{
    remaining_ = 0;
    line_bytes_ = trailer_bytes_ = line_start_ = 0;
    digits_ = trailer_count_ = 0;
    state_ = state::size_start;
    trailers_.clear();
}

chunk_decoder::progress chunk_decoder::step(std::string_view in)
{
    progress out;
    while (out.consumed < in.size() && state_ != state::done) {
        if (state_ == state::data) {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.size() - out.consumed));
            out.data = in.substr(out.consumed, size);
            out.consumed += size;
            remaining_ -= size;
            if (remaining_ == 0) state_ = state::data_return;
            return out;
        }
        out.fault = take(in[out.consumed]);
        if (out.fault != chunk_fault::none) return out;
        ++out.consumed;
    }
    out.done = state_ == state::done;
    return out;
}

chunk_fault chunk_decoder::take(char c)
{
    switch (state_) {
    case state::size_start:
    case state::size: return take_size(c);
    case state::extension:
    case state::quoted:
    case state::quoted_escape: return take_extension(c);
    case state::size_line_feed:
        if (c != '\n') return chunk_fault::bad_line_end;
        state_ = remaining_ > 0 ? state::data : state::trailer;
        return chunk_fault::none;
    case state::data_return:
        if (c != '\r') return chunk_fault::bad_line_end;
        state_ = state::data_line_feed;
        return chunk_fault::none;
    case state::data_line_feed:
        if (c != '\n') return chunk_fault::bad_line_end;
        state_ = state::size_start;
        return chunk_fault::none;
    case state::trailer:
    case state::trailer_line_feed: return take_trailer(c);
    case state::data:
    case state::done: break;
    }
    return chunk_fault::none;
}

chunk_fault chunk_decoder::take_size(char c)
{
    if (state_ == state::size_start) {
        digits_ = 0;
        line_bytes_ = 0;
        remaining_ = 0;
    }
    if (const int value = hex_value(c); value >= 0) {
        if (++digits_ > max_size_digits) return chunk_fault::bad_size;
        remaining_ = (remaining_ << 4) | static_cast<std::uint64_t>(value);
        state_ = state::size;
        return remaining_ > max_chunk_bytes ? chunk_fault::bad_size : chunk_fault::none;
    }
    if (digits_ == 0) return chunk_fault::bad_size;
    if (c == '\r') {
        state_ = state::size_line_feed;
    } else if (c == ';') {
        state_ = state::extension;
    } else {
        return c == '\n' ? chunk_fault::bad_line_end : chunk_fault::bad_size;
    }
    return chunk_fault::none;
}

chunk_fault chunk_decoder::take_extension(char c)
{
    if (c == '\r' && state_ == state::extension) {
        state_ = state::size_line_feed;
        return chunk_fault::none;
    }
    if (is_control(c) || ++line_bytes_ > max_extension_bytes) return chunk_fault::bad_extension;
    if (state_ == state::quoted_escape) {
        state_ = state::quoted;
    } else if (c == '"') {
        state_ = state_ == state::quoted ? state::extension : state::quoted;
    } else if (c == '\\' && state_ == state::quoted) {
        state_ = state::quoted_escape;
    }
    return chunk_fault::none;
}

chunk_fault chunk_decoder::take_trailer(char c)
{
    if (++trailer_bytes_ > max_trailer_bytes) return chunk_fault::trailers_too_large;
    if (state_ == state::trailer_line_feed) return c == '\n' ? end_trailer_line() : chunk_fault::bad_line_end;
    if (c == '\r') {
        state_ = state::trailer_line_feed;
        return chunk_fault::none;
    }
    if (c == '\n') return chunk_fault::bad_line_end;
    if (is_control(c)) return chunk_fault::bad_trailer;
    trailers_.push_back(c);
    return chunk_fault::none;
}

chunk_fault chunk_decoder::end_trailer_line()
{
    const auto line = std::string_view(trailers_).substr(line_start_);
    if (line.empty()) {
        state_ = state::done;
        return chunk_fault::none;
    }
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    // A name that begins with a space is no token, so a folded line ends here too.
    if (colon == std::string_view::npos || !is_token(name)) return chunk_fault::bad_trailer;
    if (++trailer_count_ > max_trailer_count) return chunk_fault::trailers_too_large;
    if (is_trailer_allowed(name)) {
        trailers_.append("\r\n");
    } else {
        trailers_.resize(line_start_);
    }
    line_start_ = trailers_.size();
    state_ = state::trailer;
    return chunk_fault::none;
}

} // namespace fairlead::http
