#include "bench/load/http_head.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace fairlead::bench {

namespace {

bool equals_without_case(std::string_view left, std::string_view right)
{
    return std::ranges::equal(
        left, right, [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

std::string_view trimmed(std::string_view text)
{
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

void require(bool holds, std::string_view what, std::string_view head)
{
    if (!holds) throw verification_error{std::string{what} + " in:\n" + std::string{head}};
}

} // namespace

std::string upgrade_request(std::string_view host)
{
    return "GET /echo HTTP/1.1\r\nHost: " + std::string{host} +
           "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
           "13\r\nSec-WebSocket-Key: " +
           std::string{websocket_key} + "\r\n\r\n";
}

std::string_view upgrade_response()
{
    static const std::string text =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: " +
        std::string{websocket_accept} + "\r\n\r\n";
    return text;
}

std::string get_request(std::string_view host, std::size_t body_bytes)
{
    return "GET /" + std::to_string(body_bytes) + " HTTP/1.1\r\nHost: " + std::string{host} +
           "\r\nUser-Agent: fairlead-bench\r\nAccept: text/plain\r\n\r\n";
}

std::size_t wanted_body_bytes(std::string_view head)
{
    constexpr std::string_view before = "GET /";
    std::size_t wanted = 0;
    const auto number = head.substr(std::min(before.size(), head.size()));
    const auto read = std::from_chars(number.data(), number.data() + number.size(), wanted);
    require(read.ec == std::errc{} && *read.ptr == ' ' && wanted <= max_body_bytes, "no number of bytes",
            head);
    return wanted;
}

std::string response_body(std::size_t body_bytes)
{
    std::string body(body_bytes, ' ');
    for (std::size_t i = 0; i < body.size(); ++i)
        body[i] = static_cast<char>('a' + (i * 7 + i / 997) % 26);
    return body;
}

std::string get_response(std::size_t body_bytes)
{
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body_bytes) +
           "\r\n\r\n" + response_body(body_bytes);
}

std::optional<std::size_t> head_length(std::string_view bytes)
{
    const auto end = bytes.find("\r\n\r\n");
    if (end != std::string_view::npos) return end + 4;
    require(bytes.size() <= max_head_bytes, "no end of the head", bytes.substr(0, 200));
    return std::nullopt;
}

std::optional<std::string_view> field(std::string_view head, std::string_view name)
{
    for (auto start = head.find("\r\n"); start != std::string_view::npos;) {
        const auto end = head.find("\r\n", start + 2);
        const std::string_view line = head.substr(start + 2, end - start - 2);
        const auto colon = line.find(':');
        if (colon != std::string_view::npos && equals_without_case(line.substr(0, colon), name))
            return trimmed(line.substr(colon + 1));
        start = end;
    }
    return std::nullopt;
}

bool is_upgrade_request(std::string_view head)
{
    require(head.starts_with("GET "), "a method other than GET", head);
    const auto upgrade = field(head, "Upgrade");
    if (!upgrade) return false;
    require(equals_without_case(*upgrade, "websocket"), "a wrong Upgrade", head);
    require(field(head, "Sec-WebSocket-Version") == "13", "a wrong version", head);
    require(field(head, "Sec-WebSocket-Key") == websocket_key, "a wrong key", head);
    return true;
}

void verify_upgrade_response(std::string_view head)
{
    require(head.starts_with("HTTP/1.1 101 "), "no 101", head);
    require(equals_without_case(field(head, "Upgrade").value_or(""), "websocket"), "no Upgrade", head);
    require(field(head, "Sec-WebSocket-Accept") == websocket_accept, "a wrong Sec-WebSocket-Accept", head);
}

void verify_get_response_head(std::string_view head, std::size_t body_bytes)
{
    require(head.starts_with("HTTP/1.1 200 "), "no 200", head);
    require(field(head, "Content-Length") == std::to_string(body_bytes), "a wrong Content-Length", head);
}

} // namespace fairlead::bench
