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

[[noreturn]] void fail(const admin_channel& at, std::string_view why)
{
    throw std::runtime_error(at.address() + ": " + std::string(why));
}

// False at the end of the answer.
bool read_more(admin_channel& from, std::string& answer)
{
    std::array<char, 16 * 1024> block;
    const std::size_t count = from.receive(block);
    answer.append(block.data(), count);
    if (answer.size() > max_reply_bytes) fail(from, "the answer does not end");
    return count > 0;
}

// Takes the head off; 0 while it is not complete.
unsigned take_status(const admin_channel& from, std::string& answer)
{
    const std::size_t head_end = answer.find("\r\n\r\n");
    if (head_end == answer.npos) return 0;
    const std::size_t space = answer.find(' ');
    if (!answer.starts_with("HTTP/1.") || space + 4 > head_end) fail(from, "this is not an admin listener");
    unsigned status = 0;
    const char* const digits = answer.data() + space + 1;
    std::from_chars(digits, digits + 3, status);
    answer.erase(0, head_end + 4);
    return status;
}

void take_lines(std::string& answer, const std::function<void(std::string_view)>& each)
{
    std::size_t begin = 0;
    for (auto end = answer.find('\n'); end != answer.npos; end = answer.find('\n', begin)) {
        each(std::string_view(answer).substr(begin, end - begin));
        begin = end + 1;
    }
    answer.erase(0, begin);
}

} // namespace

admin_reply ask_admin(const admin_access& at, std::string_view method, std::string_view target,
                      std::chrono::seconds limit)
{
    admin_channel channel(at, limit);
    channel.send(request_text(channel, at, method, target));
    admin_reply reply;
    while (read_more(channel, reply.body)) {
    }
    if (reply.body.empty()) fail(channel, "no answer");
    reply.status = take_status(channel, reply.body);
    if (reply.status == 0) fail(channel, "this is not an admin listener");
    return reply;
}

admin_reply follow_admin(const admin_access& at, std::string_view target, std::chrono::seconds silence,
                         const std::function<void(std::string_view line)>& each)
{
    admin_channel channel(at, silence);
    channel.send(request_text(channel, at, "GET", target));
    admin_reply reply;
    while (read_more(channel, reply.body)) {
        if (reply.status == 0) reply.status = take_status(channel, reply.body);
        if (reply.status == 200) take_lines(reply.body, each);
    }
    if (reply.status == 0) fail(channel, reply.body.empty() ? "no answer" : "this is not an admin listener");
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
