// An independent reader of HTTP/1.1 on the wire, small and strict: what the proxy writes, to whom ever,
// has to be what the least forgiving peer takes (RFC 9112 2 to 7). A stream may be cut anywhere.
#pragma once

#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::fuzz {

struct wire_head
{
    std::string start_line;
    std::vector<std::pair<std::string, std::string>> fields; // names in lower case

    std::size_t count(std::string_view name) const
    {
        return static_cast<std::size_t>(
            std::ranges::count_if(fields, [&](const auto& each) { return each.first == name; }));
    }
    std::string value(std::string_view name) const
    {
        const auto found = std::ranges::find_if(fields, [&](const auto& each) { return each.first == name; });
        return found == fields.end() ? std::string() : found->second;
    }
};

class wire_reader
{
public:
    explicit wire_reader(std::string_view stream)
        : rest_(stream)
    {}

    bool is_empty() const noexcept { return rest_.empty(); }
    std::string_view rest() const noexcept { return rest_; }

    // Nothing when the stream is cut within the head.
    std::optional<wire_head> head()
    {
        const auto end = rest_.find("\r\n\r\n");
        if (end == rest_.npos) {
            rest_ = {};
            return std::nullopt;
        }
        wire_head out;
        std::string_view text = rest_.substr(0, end + 2);
        rest_.remove_prefix(end + 4);
        out.start_line = line(text);
        while (!text.empty())
            out.fields.push_back(field(line(text)));
        check_framing(out);
        return out;
    }

    // False when the stream is cut within the body.
    bool body(const wire_head& of)
    {
        if (of.count("transfer-encoding") != 0) return chunks();
        if (of.count("content-length") == 0) return true;
        return skip(number(of.value("content-length"), 10));
    }

private:
    static std::string line(std::string_view& text)
    {
        const auto end = text.find("\r\n");
        require(end != text.npos, "a line has an end");
        std::string out(text.substr(0, end));
        text.remove_prefix(end + 2);
        require(
            std::ranges::none_of(out, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }),
            "a line has no control character");
        return out;
    }

    static bool is_token(std::string_view text)
    {
        constexpr std::string_view others = "!#$%&'*+-.^_`|~";
        return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
            return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                   others.find(static_cast<char>(c)) != others.npos;
        });
    }

    static std::pair<std::string, std::string> field(const std::string& text)
    {
        const auto colon = text.find(':');
        require(colon != text.npos && is_token(text.substr(0, colon)), "a field has a name");
        std::string name = text.substr(0, colon), value = text.substr(colon + 1);
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        value.erase(0, value.find_first_not_of(" \t"));
        value.erase(value.find_last_not_of(" \t") + 1);
        return {std::move(name), std::move(value)};
    }

    static void check_framing(const wire_head& of)
    {
        require(of.count("content-length") + of.count("transfer-encoding") <= 1, "a message has one framing");
        require(of.count("transfer-encoding") == 0 || of.value("transfer-encoding") == "chunked",
                "and no coding but chunked");
        if (of.count("content-length") != 0) (void)number(of.value("content-length"), 10);
    }

    static std::uint64_t number(std::string_view text, int base)
    {
        std::uint64_t out = 0;
        const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
        require(error == std::errc() && at == text.data() + text.size(), "a size is a number");
        return out;
    }

    bool skip(std::uint64_t count)
    {
        const bool is_whole = count <= rest_.size();
        rest_.remove_prefix(is_whole ? static_cast<std::size_t>(count) : rest_.size());
        return is_whole;
    }

    std::optional<std::string_view> whole_line()
    {
        const auto end = rest_.find("\r\n");
        if (end == rest_.npos) {
            rest_ = {};
            return std::nullopt;
        }
        const auto out = rest_.substr(0, end);
        rest_.remove_prefix(end + 2);
        return out;
    }

    bool chunks()
    {
        for (;;) {
            const auto size = whole_line();
            if (!size) return false;
            const std::uint64_t bytes = number(*size, 16); // the proxy writes no extensions
            if (bytes == 0) break;
            if (!skip(bytes) || rest_.size() < 2) {
                rest_ = {};
                return false;
            }
            require(rest_.starts_with("\r\n"), "a chunk ends where it says");
            rest_.remove_prefix(2);
        }
        for (;;) {
            const auto trailer = whole_line();
            if (!trailer) return false;
            if (trailer->empty()) return true;
            (void)field(std::string(*trailer));
        }
    }

    std::string_view rest_;
};

// What a backend got on one connection: requests of the proxy's, each marked by it once, and behind an
// upgrade that `may_switch` anything.
inline void check_requests(std::string_view stream, bool may_switch)
{
    wire_reader reader(stream);
    while (!reader.is_empty()) {
        const auto head = reader.head();
        if (!head) return;
        const auto& start = head->start_line;
        const auto first = start.find(' '), second = start.find(' ', first + 1);
        require(first != start.npos && second != start.npos && start.substr(second) == " HTTP/1.1",
                "a backend gets a request line");
        require(start.find_first_of("\t ", first + 1) == second && second > first + 1, "with one target");
        require(head->count("host") == 1, "with one Host");
        require(head->count("x-forwarded-for") == 1, "a request is one that the proxy wrote");
        if (may_switch && head->count("upgrade") != 0) return;
        if (!reader.body(*head)) return;
    }
}

// What the client got: answers, of which `most` are final; nothing is known of bodies where it asked for
// HEAD.
inline void check_answers(std::string_view stream, std::size_t most, bool has_bodies)
{
    wire_reader reader(stream);
    for (std::size_t finals = 0; !reader.is_empty();) {
        const auto head = reader.head();
        if (!head) return;
        const auto& start = head->start_line;
        require(start.size() >= 13 && start.starts_with("HTTP/1.1 ") && start[12] == ' ',
                "a client gets a status line");
        const std::string status = start.substr(9, 3);
        require(std::ranges::all_of(status, [](char c) { return c >= '0' && c <= '9'; }), "with a status");
        if (status == "101") return;
        if (status[0] == '1') {
            require(head->count("content-length") + head->count("transfer-encoding") == 0,
                    "a 1xx has no body");
            continue;
        }
        require(++finals <= most, "there is one answer to a request");
        if (!has_bodies) return;
        if (status == "204" || status == "304") continue;
        const bool is_framed = head->count("content-length") + head->count("transfer-encoding") != 0;
        if (!is_framed || !reader.body(*head)) return;
    }
}

} // namespace fairlead::fuzz
