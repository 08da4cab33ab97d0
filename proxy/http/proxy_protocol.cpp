#include "proxy/http/proxy_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace fairlead::http {
namespace {

using namespace std::string_view_literals;

constexpr auto v1_signature = "PROXY "sv;
constexpr std::size_t longest_v1 = 107; // with its CRLF
constexpr auto v2_signature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t v2_fixed_bytes = 16;
constexpr std::size_t checksum_bytes = 4;

// The low half of version 2's byte 13, and its byte 14.
constexpr unsigned command_local = 0;
constexpr unsigned command_proxy = 1;
constexpr unsigned tcp_over_ipv4 = 0x11;
constexpr unsigned tcp_over_ipv6 = 0x21;
constexpr unsigned type_checksum = 0x03;

proxy_header_result refuse(proxy_header_fault fault) { return {parse_status::bad, 0, fault, {}}; }

proxy_header_result accept(std::size_t consumed, unsigned version, std::optional<net::connection_ends> ends)
{
    return {parse_status::done, consumed, proxy_header_fault::none, {version, ends}};
}

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
unsigned short_at(std::string_view bytes, std::size_t at)
{
    return byte_at(bytes, at) << 8 | byte_at(bytes, at + 1);
}

// Version 1. The fields are separated by exactly one space each.
std::string_view next_word(std::string_view& rest)
{
    const auto space = rest.find(' ');
    const auto word = rest.substr(0, space);
    rest.remove_prefix(space == rest.npos ? rest.size() : space + 1);
    return word;
}

std::optional<conf::ip_address> read_ip(std::string_view text, bool is_v6)
{
    const auto address = conf::parse_ip_address(text);
    if (!address || address->is_v6 != is_v6) return std::nullopt;
    return net::unmapped(*address);
}

std::optional<std::uint16_t> read_port(std::string_view text)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    if (!is_whole || (text.size() > 1 && text.front() == '0')) return std::nullopt;
    return port;
}

// `rest` is what follows the protocol's name.
std::optional<net::connection_ends> read_v1_ends(std::string_view rest, bool is_v6)
{
    if (rest.ends_with(' ')) return std::nullopt;
    const auto client = read_ip(next_word(rest), is_v6);
    const auto local = read_ip(next_word(rest), is_v6);
    const auto client_port = read_port(next_word(rest));
    const auto local_port = read_port(next_word(rest));
    if (!client || !local || !client_port || !local_port || !rest.empty()) return std::nullopt;
    return net::connection_ends{net::ip_port{*client, *client_port}, net::ip_port{*local, *local_port}};
}

proxy_header_result parse_v1(std::string_view bytes)
{
    const auto end = bytes.substr(0, longest_v1).find('\n');
    if (end == bytes.npos) {
        return bytes.size() < longest_v1 ? proxy_header_result{} : refuse(proxy_header_fault::too_long);
    }
    if (bytes[end - 1] != '\r') return refuse(proxy_header_fault::malformed);
    auto rest = bytes.substr(v1_signature.size(), end - 1 - v1_signature.size());
    const bool has_fields = rest.find(' ') != rest.npos;
    const auto protocol = next_word(rest);
    if (protocol == "UNKNOWN") return accept(end + 1, 1, std::nullopt);
    const bool is_v6 = protocol == "TCP6";
    if ((!is_v6 && protocol != "TCP4") || !has_fields) return refuse(proxy_header_fault::malformed);
    const auto ends = read_v1_ends(rest, is_v6);
    return ends ? accept(end + 1, 1, ends) : refuse(proxy_header_fault::malformed);
}

// The bytes that the addresses of byte 14 take; nothing for a value that no one may send.
std::optional<std::size_t> address_bytes(unsigned family)
{
    constexpr std::array<std::size_t, 4> by_family{0, 12, 36, 216};
    const bool is_unspecified = family == 0;
    const bool has_transport = (family & 15) == 1 || (family & 15) == 2;
    if (!is_unspecified && (family >> 4 == 0 || family >> 4 > 3 || !has_transport)) return std::nullopt;
    return by_family[family >> 4];
}

net::ip_port read_end(std::string_view ip, unsigned port)
{
    conf::ip_address address;
    address.is_v6 = ip.size() == 16;
    std::transform(ip.begin(), ip.end(), address.bytes.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    return {net::unmapped(address), static_cast<std::uint16_t>(port)};
}

net::connection_ends read_v2_ends(std::string_view addresses)
{
    const std::size_t size = addresses.size() / 2 - 2; // of one IP address; two ports follow both
    return {read_end(addresses.substr(0, size), short_at(addresses, 2 * size)),
            read_end(addresses.substr(size, size), short_at(addresses, 2 * size + 2))};
}

// Over the whole header with the checksum itself as zeros.
bool is_checksum_right(std::string_view header, std::size_t at)
{
    constexpr auto zeros = "\0\0\0\0"sv;
    std::uint32_t sum = crc32c(header.substr(0, at));
    sum = crc32c(zeros, sum);
    sum = crc32c(header.substr(at + checksum_bytes), sum);
    return sum == (static_cast<std::uint32_t>(short_at(header, at)) << 16 | short_at(header, at + 2));
}

// The extensions from `at` to the header's end: each one byte of type and two of length before its value.
proxy_header_fault check_extensions(std::string_view header, std::size_t at)
{
    while (at < header.size()) {
        if (header.size() - at < 3) return proxy_header_fault::malformed;
        const unsigned type = byte_at(header, at);
        const std::size_t length = short_at(header, at + 1);
        at += 3;
        if (header.size() - at < length) return proxy_header_fault::malformed;
        if (type == type_checksum) {
            if (length != checksum_bytes) return proxy_header_fault::malformed;
            if (!is_checksum_right(header, at)) return proxy_header_fault::bad_checksum;
        }
        at += length;
    }
    return proxy_header_fault::none;
}

proxy_header_result parse_v2(std::string_view bytes)
{
    if (bytes.size() < v2_fixed_bytes) return {};
    const unsigned version = byte_at(bytes, 12) >> 4;
    const unsigned command = byte_at(bytes, 12) & 15;
    const unsigned family = byte_at(bytes, 13);
    const std::size_t total = v2_fixed_bytes + short_at(bytes, 14);
    if (version != 2 || command > command_proxy) return refuse(proxy_header_fault::malformed);
    if (total > max_proxy_header_bytes) return refuse(proxy_header_fault::too_long);
    if (bytes.size() < total) return {};
    if (command == command_local) return accept(total, 2, std::nullopt);
    const auto size = address_bytes(family);
    if (!size || total < v2_fixed_bytes + *size) return refuse(proxy_header_fault::malformed);
    const auto fault = check_extensions(bytes.substr(0, total), v2_fixed_bytes + *size);
    if (fault != proxy_header_fault::none) return refuse(fault);
    if (family != tcp_over_ipv4 && family != tcp_over_ipv6) return accept(total, 2, std::nullopt);
    return accept(total, 2, read_v2_ends(bytes.substr(v2_fixed_bytes, *size)));
}

// As far as both go.
bool agrees_with(std::string_view bytes, std::string_view signature)
{
    const std::size_t size = std::min(bytes.size(), signature.size());
    return bytes.substr(0, size) == signature.substr(0, size);
}

// Both ends as they are told: with an address each, of one family.
struct told_ends
{
    net::ip_port client;
    net::ip_port local;
};

told_ends ends_to_tell(const net::ip_port& client, const std::optional<net::ip_port>& local)
{
    net::ip_port unspecified;
    unspecified.ip.is_v6 = client.ip.is_v6;
    told_ends out{client, local.value_or(unspecified)};
    if (out.client.ip.is_v6 != out.local.ip.is_v6) {
        out.client.ip = net::as_v6(out.client.ip);
        out.local.ip = net::as_v6(out.local.ip);
    }
    return out;
}

void append_short(std::string& out, unsigned value)
{
    out.push_back(static_cast<char>(value >> 8));
    out.push_back(static_cast<char>(value & 0xff));
}

void append_ip(std::string& out, const conf::ip_address& ip)
{
    for (std::size_t i = 0; i < (ip.is_v6 ? 16U : 4U); ++i)
        out.push_back(static_cast<char>(ip.bytes[i]));
}

} // namespace

std::string_view reason_of(proxy_header_fault fault)
{
    switch (fault) {
    case proxy_header_fault::none: break;
    case proxy_header_fault::missing: return "it does not begin with a PROXY protocol header";
    case proxy_header_fault::malformed: return "its PROXY protocol header is malformed";
    case proxy_header_fault::too_long: return "its PROXY protocol header is too long";
    case proxy_header_fault::bad_checksum: return "the checksum of its PROXY protocol header is wrong";
    }
    return {};
}

proxy_header_result parse_proxy_header(std::string_view bytes)
{
    if (bytes.empty()) return {};
    if (agrees_with(bytes, v1_signature)) return parse_v1(bytes);
    if (agrees_with(bytes, v2_signature)) return parse_v2(bytes);
    return refuse(proxy_header_fault::missing);
}

void append_proxy_header_v1(std::string& out, const net::connection_ends& ends)
{
    if (!ends.client) {
        out.append("PROXY UNKNOWN\r\n");
        return;
    }
    const told_ends told = ends_to_tell(*ends.client, ends.local);
    out.append(told.client.ip.is_v6 ? "PROXY TCP6 " : "PROXY TCP4 ");
    out.append(conf::to_string(told.client.ip)).append(" ").append(conf::to_string(told.local.ip));
    out.append(" ").append(std::to_string(told.client.port));
    out.append(" ").append(std::to_string(told.local.port)).append("\r\n");
}

void append_proxy_header_v2(std::string& out, const net::connection_ends& ends)
{
    out.append(v2_signature);
    if (!ends.client) {
        out.append("\x20\0\0\0"sv); // LOCAL
        return;
    }
    const told_ends told = ends_to_tell(*ends.client, ends.local);
    out.append(told.client.ip.is_v6 ? "\x21\x21\0\x24"sv : "\x21\x11\0\x0c"sv);
    append_ip(out, told.client.ip);
    append_ip(out, told.local.ip);
    append_short(out, told.client.port);
    append_short(out, told.local.port);
}

// A bit at a time: headers with a checksum are short and few.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before)
{
    constexpr std::uint32_t reflected_polynomial = 0x82f6'3b78U;
    std::uint32_t sum = ~before;
    for (const char c : bytes) {
        sum ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit)
            sum = (sum >> 1) ^ ((sum & 1) != 0 ? reflected_polynomial : 0);
    }
    return ~sum;
}

void append_proxy_header(std::string& out, conf::proxy_protocol which, const net::connection_ends& ends)
{
    switch (which) {
    case conf::proxy_protocol::none: break;
    case conf::proxy_protocol::v1: append_proxy_header_v1(out, ends); break;
    case conf::proxy_protocol::v2: append_proxy_header_v2(out, ends); break;
    }
}

} // namespace fairlead::http
