// The addresses among the values: blocks, endpoints and their spellings.
#include "conf/port_ranges.hpp"
#include "conf/values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_unix_path = 107; // sockaddr_un::sun_path holds 108 with its end
constexpr std::size_t longest_name = 253;      // RFC 1035 2.3.4, as text
constexpr std::size_t longest_label = 63;

unsigned address_bits(const ip_address& address) { return address.is_v6 ? 128 : 32; }

std::optional<unsigned> parse_decimal(std::string_view text, unsigned most)
{
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size() && !text.empty();
    if (!is_whole || number > most || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    return number;
}

bool is_label(std::string_view label)
{
    const auto is_name_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, is_name_character);
}

// Lower case is expected. A name whose last label is all digits would be a mistyped IPv4 address.
bool is_host_name(std::string_view name)
{
    if (!name.empty() && name.back() == '.') {
        name.remove_suffix(1);
    }
    if (name.empty() || name.size() > longest_name) {
        return false;
    }
    while (true) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        if (!is_label(label)) {
            return false;
        }
        if (dot == name.npos) {
            return !std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
        }
        name.remove_prefix(dot + 1);
    }
}

std::string to_lower(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return lower;
}

std::optional<endpoint> parse_unix_endpoint(std::string_view path)
{
    const bool fits = !path.empty() && path.front() == '/' && path.size() <= longest_unix_path;
    if (!fits || path.back() == '/' || path.find('\0') != path.npos) {
        return std::nullopt;
    }
    endpoint result;
    result.what = endpoint::kind::unix_path;
    result.path = path;
    result.text = "unix:" + result.path;
    return result;
}

endpoint make_ip_endpoint(const ip_address& address, unsigned port)
{
    endpoint result;
    result.ip = address;
    result.port = static_cast<std::uint16_t>(port);
    const auto host = to_string(address);
    result.text = (address.is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
    return result;
}

} // namespace

std::optional<ip_address> parse_ip_address(std::string_view text)
{
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) {
        return std::nullopt;
    }
    const std::string terminated(text);
    ip_address address;
    address.is_v6 = text.find(':') != text.npos;
    const int family = address.is_v6 ? AF_INET6 : AF_INET;
    if (inet_pton(family, terminated.c_str(), address.bytes.data()) != 1) {
        return std::nullopt;
    }
    return address;
}

std::optional<cidr> parse_cidr(std::string_view text)
{
    const auto slash = text.find('/');
    const auto address = parse_ip_address(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    const auto bits = address_bits(*address);
    const auto length = slash == text.npos ? bits : parse_decimal(text.substr(slash + 1), bits);
    if (!length || network_of(*address, *length) != *address) {
        return std::nullopt;
    }
    return cidr{*address, static_cast<std::uint8_t>(*length)};
}

std::optional<endpoint> parse_endpoint(std::string_view text)
{
    if (text.starts_with("unix:")) {
        return parse_unix_endpoint(text.substr(5));
    }
    const auto colon = text.rfind(':');
    if (colon == text.npos) {
        return std::nullopt;
    }
    auto host = text.substr(0, colon);
    const auto port = parse_decimal(text.substr(colon + 1), 65'535);
    if (!port) {
        return std::nullopt;
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        const auto address = parse_ip_address(host.substr(1, host.size() - 2));
        return address && address->is_v6 ? std::optional(make_ip_endpoint(*address, *port)) : std::nullopt;
    }
    if (const auto address = parse_ip_address(host)) {
        return address->is_v6 ? std::nullopt : std::optional(make_ip_endpoint(*address, *port));
    }
    endpoint result;
    result.what = endpoint::kind::name;
    result.host = to_lower(host);
    result.port = static_cast<std::uint16_t>(*port);
    result.text = result.host + ":" + std::to_string(*port);
    return is_host_name(result.host) ? std::optional(result) : std::nullopt;
}

std::vector<endpoint> parse_endpoints(std::string_view text)
{
    if (auto single = parse_endpoint(text)) {
        return {std::move(*single)};
    }
    const auto colon = text.rfind(':');
    const auto ports = colon == text.npos ? std::nullopt : parse_port_ranges(text.substr(colon + 1));
    std::vector<endpoint> out;
    if (!ports || count_ports(*ports) > max_ports_of_backend) {
        return out;
    }
    for (const auto& range : *ports) {
        for (std::uint32_t port = range.first; port <= range.last; ++port) {
            auto one = parse_endpoint(std::string(text.substr(0, colon + 1)) + std::to_string(port));
            if (!one || one->what == endpoint::kind::unix_path) {
                return {};
            }
            out.push_back(std::move(*one));
        }
    }
    return out;
}

std::optional<endpoint> parse_listen_endpoint(std::string_view text)
{
    const auto address =
        parse_endpoint(text.starts_with(':') ? "[::]" + std::string(text) : std::string(text));
    return address && address->what != endpoint::kind::name ? address : std::nullopt;
}

std::string to_string(const ip_address& address)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.is_v6) {
        inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
        return text.data();
    }
    // Three for each tunnel: inet_ntop() would go by way of sprintf().
    char* at = text.data();
    for (std::size_t i = 0; i < 4; ++i) {
        if (i != 0) *at++ = '.';
        at = std::to_chars(at, text.data() + text.size(), unsigned{address.bytes[i]}).ptr;
    }
    return {text.data(), at};
}

std::string to_string(const cidr& block)
{
    const auto text = to_string(block.address);
    const bool is_single = block.prefix_length == address_bits(block.address);
    return is_single ? text : text + "/" + std::to_string(block.prefix_length);
}

ip_address network_of(const ip_address& address, unsigned prefix_length)
{
    ip_address network = address;
    for (unsigned i = 0; i < address_bits(address) / 8; ++i) {
        const unsigned kept = std::clamp(int(prefix_length) - int(8 * i), 0, 8);
        network.bytes[i] &= static_cast<std::uint8_t>(0xff00u >> kept);
    }
    return network;
}

bool contains(const cidr& block, const ip_address& address)
{
    if (block.address.is_v6 != address.is_v6) {
        return false;
    }
    const std::size_t whole = block.prefix_length / 8u;
    const unsigned bits = block.prefix_length % 8u;
    if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, block.address.bytes.begin())) {
        return false;
    }
    return bits == 0 ||
           ((address.bytes[whole] ^ block.address.bytes[whole]) & (0xff00u >> bits) & 0xffu) == 0;
}

bool overlaps(const cidr& a, const cidr& b)
{
    const unsigned shorter = std::min(a.prefix_length, b.prefix_length);
    return a.address.is_v6 == b.address.is_v6 &&
           network_of(a.address, shorter) == network_of(b.address, shorter);
}

std::uint64_t address_count(const cidr& block)
{
    const unsigned host_bits = address_bits(block.address) - block.prefix_length;
    return std::uint64_t{1} << std::min(host_bits, 63u);
}

} // namespace fairlead::conf
