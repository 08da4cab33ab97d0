#include "proxy/cli/admin_client.hpp"

#include "proxy/cli/admin_channel.hpp"

#include <array>
#include <charconv>
#include <stdexcept>

namespace fairlead::cli {
namespace {

constexpr std::size_t max_reply_bytes = 64UL * 1024 * 1024;

// HTTP/1.0, so the answer ends where the connection does.
std::string request_text(const admin_channel& to, const admin_access& at, std::string_view method,
                         std::string_view target)
{
    std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.0\r\n";
    if (!to.is_unix()) {
        text += "Host: " + to.host() + "\r\n";
        if (const std::string token = token_of(at); !token.empty())
            text += "Authorization: Bearer " + token + "\r\n";
    }
    if (method != "GET") text += "X-Fairlead-Control: 1\r\nContent-Length: 0\r\n";
    return text + "\r\n";
}

std::string read_answer(admin_channel& from)
{
    std::string answer;
    std::array<char, 16 * 1024> block;
    for (;;) {
        const std::size_t count = from.receive(block);
        if (count == 0) return answer;
        answer.append(block.data(), count);
        if (answer.size() > max_reply_bytes)
            throw std::runtime_error(from.address() + ": the answer does not end");
    }
}

} // namespace

admin_reply ask_admin(const admin_access& at, std::string_view method, std::string_view target,
                      std::chrono::seconds limit)
{
    admin_channel channel(at, limit);
    channel.send(request_text(channel, at, method, target));
    const std::string answer = read_answer(channel);
    const std::size_t head_end = answer.find("\r\n\r\n");
    const std::size_t space = answer.find(' ');
    admin_reply reply;
    if (!answer.starts_with("HTTP/1.") || head_end == answer.npos || space + 4 > head_end)
        throw std::runtime_error(channel.address() +
                                 (answer.empty() ? ": no answer" : ": this is not an admin listener"));
    const char* const digits = answer.data() + space + 1;
    std::from_chars(digits, digits + 3, reply.status);
    reply.body = answer.substr(head_end + 4);
    return reply;
}

std::string escape_query(std::string_view value)
{
    constexpr std::string_view plain = "-._~:/";
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_alphanumeric =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_alphanumeric || plain.find(c) != plain.npos) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

} // namespace fairlead::cli
