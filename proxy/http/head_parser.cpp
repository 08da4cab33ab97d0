#include "proxy/http/head_parser.hpp"

#include "proxy/http/field_syntax.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace fairlead::http {

namespace {

namespace beast = boost::beast;
using boost::system::error_code;

// Room in the first line for what is not the target: a method, two spaces, the version.
constexpr std::size_t start_line_overhead = 64;

field_id identify(beast::http::field name, std::string_view text)
{
    using known = beast::http::field;
    switch (name) { // of Beast's 350 names, the ones we act on
    case known::connection: return field_id::connection;
    case known::content_length: return field_id::content_length;
    case known::date: return field_id::date;
    case known::expect: return field_id::expect;
    case known::forwarded: return field_id::forwarded;
    case known::host: return field_id::host;
    case known::http2_settings: return field_id::http2_settings;
    case known::keep_alive: return field_id::keep_alive;
    case known::max_forwards: return field_id::max_forwards;
    case known::proxy_connection: return field_id::proxy_connection;
    case known::sec_websocket_accept: return field_id::sec_websocket_accept;
    case known::sec_websocket_extensions: return field_id::sec_websocket_extensions;
    case known::sec_websocket_key: return field_id::sec_websocket_key;
    case known::sec_websocket_protocol: return field_id::sec_websocket_protocol;
    case known::sec_websocket_version: return field_id::sec_websocket_version;
    case known::te: return field_id::te;
    case known::trailer: return field_id::trailer;
    case known::transfer_encoding: return field_id::transfer_encoding;
    case known::upgrade: return field_id::upgrade;
    case known::via: return field_id::via;
    default: break;
    }
    return starts_with_ignoring_case(text, "X-Forwarded-") ? field_id::x_forwarded : field_id::other;
}

// Beast's grammar with its results written into a head. Bodies are never given to it.
template <bool IsRequest>
class grammar : public beast::http::basic_parser<IsRequest>
{
public:
    grammar(head& out, std::string_view message)
        : out_(out)
        , nothing_(message.substr(0, 0))
    {
        this->header_limit(2 * max_head_bytes); // ours was checked before
        this->body_limit(boost::none);          // else a large Content-Length would be an error of the head
    }

private:
    void on_request_impl(beast::http::verb, beast::string_view method, beast::string_view target, int version,
                         error_code&) override
    {
        out_.set_request_line(method, target, version == 10 ? 0 : 1);
    }
    void on_response_impl(int status, beast::string_view reason, int version, error_code&) override
    {
        const std::string_view text = reason.empty() ? nothing_ : std::string_view(reason);
        out_.set_status_line(static_cast<unsigned>(status), text, version == 10 ? 0 : 1);
    }
    void on_field_impl(beast::http::field name, beast::string_view text, beast::string_view value,
                       error_code&) override
    {
        out_.add_field(identify(name, text), text, value);
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(beast::string_view body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override
    {
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    head& out_;
    std::string_view nothing_; // within the message
};

// A version that is well formed but not ours; Beast has one error for this and for garbage.
template <bool IsRequest>
bool names_another_version(std::string_view message)
{
    constexpr std::size_t version_size = 8; // HTTP/x.y
    const auto line = message.substr(0, message.find("\r\n"));
    if (line.size() < version_size) return false;
    const auto version = line.substr(IsRequest ? line.size() - version_size : 0, version_size);
    auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
           is_digit(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

// "HTTP/1.1 204": some servers leave out the space behind the code where no phrase follows. It is read as
// if it were there (RFC 9112 4 takes the line's end for a space). What is left is behind the line.
constexpr std::size_t bare_status_line = 12;

template <bool IsRequest>
std::string_view put_bare_status_line(grammar<IsRequest>& parser, std::string_view message, error_code& ec)
{
    std::array<char, bare_status_line + 3> line;
    const auto end = std::copy_n(message.data(), bare_status_line, line.begin());
    std::copy_n(" \r\n", 3, end);
    (void)parser.put({line.data(), line.size()}, ec);
    if (ec == beast::http::error::need_more) ec = {};
    return message.substr(bare_status_line + 2);
}

template <bool IsRequest>
parse_result run_grammar(std::string_view bytes, std::size_t skipped, head& out)
{
    const auto message = bytes.substr(skipped);
    out.start(message.data());
    grammar<IsRequest> parser(out, message);
    error_code ec;
    auto rest = message;
    if (!IsRequest && rest.find("\r\n") == bare_status_line) rest = put_bare_status_line(parser, rest, ec);
    const auto used = ec ? 0 : parser.put({rest.data(), rest.size()}, ec);
    if (ec == beast::http::error::bad_version && names_another_version<IsRequest>(message)) {
        return {parse_status::bad, 0, head_fault::unsupported_version};
    }
    if (ec || used != rest.size() || !parser.is_header_done()) {
        return {parse_status::bad, 0, head_fault::malformed};
    }
    return {parse_status::done, bytes.size(), head_fault::none};
}

parse_result bad(head_fault fault) { return {parse_status::bad, 0, fault}; }

} // namespace

unsigned status_of(head_fault fault)
{
    switch (fault) {
    case head_fault::none:
    case head_fault::malformed:
    case head_fault::bare_line_feed:
    case head_fault::obs_fold: return 400;
    case head_fault::header_too_large:
    case head_fault::too_many_fields: return 431;
    case head_fault::target_too_long: return 414;
    case head_fault::unsupported_version: return 505;
    }
    return 400;
}

std::string_view reason_of(head_fault fault)
{
    switch (fault) {
    case head_fault::none: return "no fault";
    case head_fault::malformed: return "malformed head";
    case head_fault::bare_line_feed: return "line feed without carriage return";
    case head_fault::obs_fold: return "folded header line";
    case head_fault::header_too_large: return "header section too large";
    case head_fault::too_many_fields: return "too many header fields";
    case head_fault::target_too_long: return "request target too long";
    case head_fault::unsupported_version: return "HTTP version not supported";
    }
    return "malformed head";
}

head_end_finder::head_end_finder(start_line kind, head_limits limits)
    : never_too_large_(std::min({limits.target_bytes, limits.header_bytes, max_head_bytes}))
    , kind_(kind)
    , limits_(limits)
{}

void head_end_finder::reset() { searched_ = line_start_ = lines_ = skipped_ = 0; }

parse_result head_end_finder::search(std::string_view bytes)
{
    if (bytes.empty()) return {};
    if (kind_ == start_line::request && line_start_ == 0 && bytes.front() == '\r') {
        if (bytes.size() == 1) return {};
        if (bytes[1] != '\n') return bad(head_fault::malformed);
        skipped_ = line_start_ = searched_ = 2;
    }
    // Garbage such as a TLS hello on a plain port never has a line end: tell at its first byte.
    if (lines_ == 0 && bytes.size() > line_start_ && !is_token_char(bytes[line_start_])) {
        return bad(bytes[line_start_] == '\n' ? head_fault::bare_line_feed : head_fault::malformed);
    }
    while (searched_ < bytes.size()) {
        const auto* found = std::memchr(bytes.data() + searched_, '\n', bytes.size() - searched_);
        if (found == nullptr) {
            searched_ = bytes.size();
            break;
        }
        const auto result =
            end_line(bytes, static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()));
        if (result.status != parse_status::need_more) return result;
    }
    const auto fault = check_size(bytes.size());
    return fault == head_fault::none ? parse_result{} : bad(fault);
}

parse_result head_end_finder::end_line(std::string_view bytes, std::size_t line_feed)
{
    if (const auto fault = check_size(line_feed + 1); fault != head_fault::none) return bad(fault);
    if (line_feed == line_start_ || bytes[line_feed - 1] != '\r') return bad(head_fault::bare_line_feed);
    const bool is_blank = line_feed == line_start_ + 1;
    const char first = bytes[line_start_];
    if (lines_ > 0 && (first == ' ' || first == '\t')) return bad(head_fault::obs_fold);
    searched_ = line_start_ = line_feed + 1;
    if (is_blank) return {parse_status::done, line_start_, head_fault::none};
    if (++lines_ > limits_.header_count + 1) return bad(head_fault::too_many_fields);
    return {};
}

head_fault head_end_finder::check_size(std::size_t size) const
{
    const auto head_size = size - skipped_;
    if (head_size <= never_too_large_) return head_fault::none;
    const auto target_limit = limits_.target_bytes + start_line_overhead;
    if (kind_ == start_line::request && lines_ == 0 && head_size > target_limit)
        return head_fault::target_too_long;
    if (head_size > std::min(limits_.header_bytes, max_head_bytes)) {
        return kind_ == start_line::request && lines_ == 0 ? head_fault::target_too_long
                                                           : head_fault::header_too_large;
    }
    return head_fault::none;
}

parse_result request_head_parser::parse(std::string_view bytes, head& out)
{
    const auto end = end_.search(bytes);
    if (end.status != parse_status::done) return end;
    const auto result = run_grammar<true>(bytes.substr(0, end.consumed), end_.skipped(), out);
    if (result.status == parse_status::done && out.target().size() > limits_.target_bytes) {
        return bad(head_fault::target_too_long);
    }
    return result;
}

parse_result response_head_parser::parse(std::string_view bytes, head& out)
{
    const auto end = end_.search(bytes);
    if (end.status != parse_status::done) return end;
    return run_grammar<false>(bytes.substr(0, end.consumed), 0, out);
}

} // namespace fairlead::http
