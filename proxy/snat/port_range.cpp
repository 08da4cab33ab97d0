#include "proxy/snat/port_range.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <system_error>

namespace fairlead::snat {
namespace {

std::optional<std::uint16_t> take_port(std::string_view& text)
{
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return port;
}

std::string first_line(const char* name)
{
    std::ifstream file(std::string("/proc/sys/net/ipv4/") + name);
    std::string line;
    std::getline(file, line);
    return line;
}

} // namespace

std::optional<port_range> parse_port_range(std::string_view text)
{
    const auto first = take_port(text);
    const auto last = take_port(text);
    if (!first || !last || *first > *last) return std::nullopt;
    if (text.find_first_not_of(" \t\n") != text.npos) return std::nullopt;
    return port_range{*first, *last};
}

conf::host_ports read_host_ports()
{
    conf::host_ports out;
    out.kernel = parse_port_range(first_line("ip_local_port_range")).value_or(port_range{});
    out.reserved =
        conf::parse_port_ranges(first_line("ip_local_reserved_ports")).value_or(conf::port_ranges{});
    return out;
}

} // namespace fairlead::snat
