#include "proxy/http/proxy_protocol.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using namespace std::string_view_literals;
using http::parse_status;
using http::proxy_header_fault;
using http::proxy_header_result;

namespace {

constexpr auto signature = "\r\n\r\n\0\r\nQUIT\n"sv;

conf::ip_address ip(std::string_view text) { return conf::parse_ip_address(text).value(); }

net::connection_ends ends(std::string_view client, std::uint16_t client_port, std::string_view local,
                          std::uint16_t local_port)
{
    return {net::ip_port{ip(client), client_port}, net::ip_port{ip(local), local_port}};
}

// The same verdict must come however the bytes arrive, and not a byte earlier than it has to.
proxy_header_result parse(std::string_view bytes)
{
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const auto early = http::parse_proxy_header(bytes.substr(0, size));
        if (early.status == parse_status::need_more) continue;
        const auto whole = http::parse_proxy_header(bytes);
        CHECK(early.status == whole.status);
        CHECK(early.consumed == whole.consumed);
        CHECK(early.fault == whole.fault);
        CHECK(early.header.ends == whole.header.ends);
        if (early.status == parse_status::done) CHECK(size == early.consumed);
        return early;
    }
    return http::parse_proxy_header(bytes);
}

proxy_header_fault fault_of(std::string_view bytes)
{
    const auto result = parse(bytes);
    CHECK(result.status == parse_status::bad);
    return result.fault;
}

// A version 2 header with this byte 13, byte 14 and body.
std::string v2(std::string_view command_and_family, std::string_view body)
{
    std::string out(signature);
    out.append(command_and_family);
    out.push_back(static_cast<char>(body.size() >> 8));
    out.push_back(static_cast<char>(body.size() & 0xff));
    return out.append(body);
}

constexpr auto v4_addresses =
    "\xc0\x00\x02\x01\xc6\x33\x64\x02\x13\x88\x01\xbb"sv; // of 192.0.2.1, 198.51.100.2

} // namespace

TEST_CASE("a version 1 header tells both ends, and ends with its line (proxy-protocol 2.1)")
{
    constexpr auto line = "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n"sv;
    const auto v4 = parse(std::string(line) + "GET / HTTP/1.1\r\n");
    REQUIRE(v4.status == parse_status::done);
    CHECK(v4.consumed == line.size());
    CHECK(v4.header.version == 1);
    CHECK(v4.header.ends == ends("192.0.2.1", 5000, "198.51.100.2", 443));
    const auto v6 = parse("PROXY TCP6 2001:db8::1 fd00::2 65535 0\r\n");
    REQUIRE(v6.status == parse_status::done);
    CHECK(v6.header.ends == ends("2001:db8::1", 65535, "fd00::2", 0));
}

TEST_CASE("UNKNOWN leaves the connection its own ends, whatever follows it on the line")
{
    const auto bare = parse("PROXY UNKNOWN\r\n");
    REQUIRE(bare.status == parse_status::done);
    CHECK_FALSE(bare.header.ends.has_value());
    const auto longest = "PROXY UNKNOWN " + std::string(91, 'f') + "\r\n";
    REQUIRE(longest.size() == 107);
    CHECK(parse(longest).status == parse_status::done);
    CHECK(fault_of("PROXY UNKNOWN " + std::string(92, 'f') + "\r\n") == proxy_header_fault::too_long);
}

TEST_CASE("a version 1 header that is not exactly one is refused")
{
    for (const auto line : {
             "PROXY \r\n"sv,
             "PROXY TCP4\r\n"sv,
             "PROXY TCP5 192.0.2.1 198.51.100.2 5000 443\r\n"sv,
             "PROXY tcp4 192.0.2.1 198.51.100.2 5000 443\r\n"sv,
             "PROXY UNKNOWNS\r\n"sv,
             "PROXY  TCP4 192.0.2.1 198.51.100.2 5000 443\r\n"sv,
             "PROXY TCP4 192.0.2.1  198.51.100.2 5000 443\r\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 5000\r\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443 \r\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443 1\r\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 5000 65536\r\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 05000 443\r\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 +5000 443\r\n"sv,
             "PROXY TCP4 192.0.2.01 198.51.100.2 5000 443\r\n"sv,
             "PROXY TCP4 192.0.2.256 198.51.100.2 5000 443\r\n"sv,
             "PROXY TCP4 2001:db8::1 fd00::2 5000 443\r\n"sv,
             "PROXY TCP6 192.0.2.1 198.51.100.2 5000 443\r\n"sv,
             "PROXY TCP6 fe80::1%eth0 fd00::2 5000 443\r\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\n"sv,
             "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\r\n"sv,
         })
    {
        CAPTURE(line);
        CHECK(fault_of(line) == proxy_header_fault::malformed);
    }
    CHECK(fault_of("PROXY TCP4 " + std::string(107, '1')) == proxy_header_fault::too_long);
}

TEST_CASE("what does not begin with a header is told as soon as it shows")
{
    CHECK(fault_of("GET / HTTP/1.1\r\n\r\n") == proxy_header_fault::missing);
    CHECK(http::parse_proxy_header("G").status == parse_status::bad);
    CHECK(http::parse_proxy_header("\r\n\r\nG").status == parse_status::bad);
    CHECK(http::parse_proxy_header("PROXY").status == parse_status::need_more);
    CHECK(fault_of("PROXYTCP4 1") == proxy_header_fault::missing);
    CHECK(http::parse_proxy_header("").status == parse_status::need_more);
}

TEST_CASE("a version 2 header tells both ends, and has the length it says (proxy-protocol 2.2)")
{
    const auto header = v2("\x21\x11", v4_addresses);
    const auto v4 = parse(header + "GET / HTTP/1.1\r\n");
    REQUIRE(v4.status == parse_status::done);
    CHECK(v4.consumed == header.size());
    CHECK(v4.header.version == 2);
    CHECK(v4.header.ends == ends("192.0.2.1", 5000, "198.51.100.2", 443));

    constexpr auto v6_addresses = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                                  "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02"
                                  "\x13\x88\x01\xbb"sv;
    const auto v6 = parse(v2("\x21\x21", v6_addresses));
    REQUIRE(v6.status == parse_status::done);
    CHECK(v6.header.ends == ends("2001:db8::1", 5000, "fd00::2", 443));
}

TEST_CASE("an IPv4 address inside IPv6 is the IPv4 address, in both versions (RFC 4291 2.5.5.2)")
{
    const auto v1 = parse("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 5000 443\r\n");
    CHECK(v1.header.ends == ends("192.0.2.1", 5000, "198.51.100.2", 443));
    constexpr auto mapped = "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01"
                            "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\x02"
                            "\x13\x88\x01\xbb"sv;
    CHECK(parse(v2("\x21\x21", mapped)).header.ends == ends("192.0.2.1", 5000, "198.51.100.2", 443));
}

TEST_CASE("LOCAL, unspecified, UDP and Unix sockets leave the connection its own ends")
{
    for (const auto& header : {
             v2("\x20\0"sv, ""),
             v2("\x20\x11"sv, v4_addresses),
             v2("\x20\xff"sv, "whatever"), // a LOCAL's block is skipped unread
             v2("\x21\0"sv, ""),
             v2("\x21\x12"sv, v4_addresses),
             v2("\x21\x31"sv, std::string(216, '/')),
         })
    {
        const auto result = parse(header);
        REQUIRE(result.status == parse_status::done);
        CHECK(result.consumed == header.size());
        CHECK_FALSE(result.header.ends.has_value());
    }
}

TEST_CASE("a version 2 header that no one may send is refused")
{
    CHECK(fault_of(v2("\x11\x11", v4_addresses)) == proxy_header_fault::malformed); // version 1
    CHECK(fault_of(v2("\x22\x11", v4_addresses)) == proxy_header_fault::malformed); // command 2
    CHECK(fault_of(v2("\x21\x41", v4_addresses)) == proxy_header_fault::malformed); // family 4
    CHECK(fault_of(v2("\x21\x13", v4_addresses)) == proxy_header_fault::malformed); // transport 3
    CHECK(fault_of(v2("\x21\x10", v4_addresses)) == proxy_header_fault::malformed); // IPv4 over nothing
    CHECK(fault_of(v2("\x21\x01", v4_addresses)) == proxy_header_fault::malformed); // TCP over nothing
    CHECK(fault_of(v2("\x21\x11", v4_addresses.substr(1))) == proxy_header_fault::malformed);
    CHECK(fault_of(v2("\x21\x21", v4_addresses)) == proxy_header_fault::malformed);
}

TEST_CASE("the length of a version 2 header is bounded, and told before its bytes came")
{
    const std::string most(http::max_proxy_header_bytes - 16 - v4_addresses.size() - 3, 'x');
    std::string extension("\x04");
    extension.push_back(static_cast<char>(most.size() >> 8));
    extension.push_back(static_cast<char>(most.size() & 0xff));
    const std::string body = std::string(v4_addresses) + extension + most;
    const auto longest = v2("\x21\x11", body);
    REQUIRE(longest.size() == http::max_proxy_header_bytes);
    CHECK(http::parse_proxy_header(longest).status == parse_status::done);
    const auto longer = v2("\x21\x11", body + "x");
    CHECK(http::parse_proxy_header(longer.substr(0, 16)).fault == proxy_header_fault::too_long);
}

TEST_CASE("extensions are passed over when they are well formed (proxy-protocol 2.2)")
{
    const auto with = [](std::string_view extensions) {
        return parse(v2("\x21\x11", std::string(v4_addresses).append(extensions)));
    };
    const auto good = with("\x02\0\x0b"
                           "example.com"
                           "\x04\0\0\xea\0\x02"
                           "ab"sv);
    CHECK(good.header.ends == ends("192.0.2.1", 5000, "198.51.100.2", 443));
    CHECK(with("\x02"sv).fault == proxy_header_fault::malformed);
    CHECK(with("\x02\0"sv).fault == proxy_header_fault::malformed);
    CHECK(with("\x02\0\x02x"sv).fault == proxy_header_fault::malformed);
    CHECK(with("\x03\0\x03xyz"sv).fault == proxy_header_fault::malformed); // a checksum has four bytes
}

TEST_CASE("a checksum must be right over the header with itself as zeros (proxy-protocol 2.2.3)")
{
    CHECK(http::crc32c("123456789") == 0xe306'9283U); // the check value of CRC-32C
    CHECK(http::crc32c("6789", http::crc32c("12345")) == 0xe306'9283U);
    CHECK(http::crc32c("") == 0);

    auto header =
        v2("\x21\x11", std::string(v4_addresses).append("\x03\0\x04\0\0\0\0"sv).append("\x04\0\0"sv));
    const std::uint32_t sum = http::crc32c(header);
    const std::size_t at = header.size() - 7;
    for (std::size_t i = 0; i < 4; ++i)
        header[at + i] = static_cast<char>(sum >> (24 - 8 * i) & 0xff);
    CHECK(parse(header).header.ends == ends("192.0.2.1", 5000, "198.51.100.2", 443));
    for (std::size_t i = 16; i < header.size(); ++i) {
        if (i == at - 3) continue; // its type: as another extension it would be none
        auto flipped = header;
        flipped[i] = static_cast<char>(flipped[i] ^ 1);
        CHECK(parse(flipped).status == parse_status::bad);
    }
}

TEST_CASE("a header that is written says what is read from it, in both versions and families")
{
    for (const auto& told : {ends("192.0.2.1", 5000, "198.51.100.2", 443),
                             ends("2001:db8::1", 1, "fd00::2", 65535), ends("192.0.2.1", 0, "0.0.0.0", 0)})
    {
        std::string v1, v2;
        http::append_proxy_header_v1(v1, told);
        http::append_proxy_header_v2(v2, told);
        CHECK(parse(v1).header.ends == told);
        CHECK(parse(v2).header.ends == told);
        CHECK(parse(v2).consumed == v2.size());
    }
    std::string text;
    http::append_proxy_header_v1(text, ends("192.0.2.1", 5000, "198.51.100.2", 443));
    CHECK(text == "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n");
    std::string binary;
    http::append_proxy_header_v2(binary, ends("192.0.2.1", 5000, "198.51.100.2", 443));
    CHECK(binary == v2("\x21\x11", v4_addresses));
}

TEST_CASE("a client without an address is told as such, a local end without one as unspecified")
{
    const net::connection_ends none;
    std::string text, binary;
    http::append_proxy_header_v1(text, none);
    http::append_proxy_header_v2(binary, none);
    CHECK(text == "PROXY UNKNOWN\r\n");
    CHECK(binary == v2("\x20\0"sv, ""));
    text.clear();
    http::append_proxy_header_v1(text, {net::ip_port{ip("2001:db8::1"), 5000}, std::nullopt});
    CHECK(text == "PROXY TCP6 2001:db8::1 :: 5000 0\r\n");
}

TEST_CASE("ends of different families are told as IPv6")
{
    std::string text, binary;
    const auto mixed = ends("2001:db8::1", 5000, "198.51.100.2", 443);
    http::append_proxy_header_v1(text, mixed);
    CHECK(text == "PROXY TCP6 2001:db8::1 ::ffff:198.51.100.2 5000 443\r\n");
    http::append_proxy_header_v2(binary, mixed);
    CHECK(parse(binary).header.ends == mixed);
}

TEST_CASE("the longest version 1 header that is written has 107 bytes at most")
{
    std::string text;
    const auto longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    http::append_proxy_header_v1(text, ends(longest, 65535, longest, 65535));
    CHECK(text.size() <= 107);
    CHECK(parse(text).status == parse_status::done);
}
