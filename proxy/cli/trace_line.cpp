#include "proxy/cli/trace_line.hpp"

#include "proxy/cli/json_members.hpp"
#include "proxy/plan/number_text.hpp"

#include <array>
#include <cstdio>

namespace fairlead::cli {
namespace {

std::string padded(std::string text, std::size_t width)
{
    if (text.size() < width) text.resize(width, ' ');
    return text;
}

std::string time_text(const json::object& event)
{
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%12.6f  ", number(event, "after"));
    return text.data();
}

std::string code_text(const json::object& event)
{
    const std::uint64_t code = count(event, "code");
    if (code == 0) return {};
    constexpr std::uint64_t no_code = 1005; // RFC 6455 7.4.1: never sent, it stands for none
    return code == no_code ? std::string("  no code") : "  code " + std::to_string(code);
}

std::string frame_text(const json::object& event)
{
    std::string out = time_text(event) + padded(text(event, "from"), 7) + " > " +
                      padded(text(event, "to"), 7) + "  " + padded(text(event, "opcode"), 12) +
                      plan::grouped(count(event, "length")) + " B";
    if (!flag(event, "fin")) out += "  more follows";
    if (const auto bits = count(event, "rsv"); bits == 4)
        out += "  compressed"; // RFC 7692 6
    else if (bits != 0)
        out += "  rsv " + std::to_string(bits);
    return out + code_text(event) + "\n";
}

} // namespace

std::string trace_line(const json::object& event)
{
    const std::string kind = text(event, "event");
    if (kind == "frame") return frame_text(event);
    if (kind == "begin") {
        const auto seconds = static_cast<std::uint64_t>(number(event, "for"));
        return "tracing " + text(event, "id") + " from " + text(event, "at") + " for " +
               plan::grouped(seconds) + " s\n";
    }
    if (kind == "left_out")
        return "              " + plan::grouped(count(event, "count")) + " frames were left out here\n";
    if (kind == "end")
        return time_text(event) + "ended by " + text(event, "by") + ": " + text(event, "cause") +
               code_text(event) + "\n";
    return kind == "time" ? time_text(event) + "time is over; the tunnel goes on\n" : std::string();
}

} // namespace fairlead::cli
