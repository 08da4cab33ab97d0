#include "proxy/server/explain_request.hpp"

#include "conf/values.hpp"
#include "proxy/http/field_syntax.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "proxy/routing/query_parameters.hpp"
#include "proxy/server/admin_parameters.hpp"

#include <algorithm>
#include <array>

namespace fairlead::server {
namespace {

constexpr std::size_t max_bytes = 8 * 1024;
constexpr std::size_t max_fields = 64;

struct scheme
{
    std::string_view prefix;
    bool is_secure;
    bool is_websocket;
};

constexpr std::array<scheme, 4> schemes{
    {{"http://", false, false}, {"https://", true, false}, {"ws://", false, true}, {"wss://", true, true}}};

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

bool has_field(const std::vector<std::string>& headers, std::string_view name)
{
    return std::ranges::any_of(
        headers, [&](const std::string& each) { return lower(each.substr(0, each.find(':'))) == name; });
}

// One line, with a name: what else is wrong with it, the rules of requests say.
bool is_field(std::string_view text)
{
    const auto colon = text.find(':');
    return colon != text.npos && colon > 0 && text.find_first_of("\r\n") == text.npos;
}

std::string websocket_lines(const std::vector<std::string>& headers)
{
    std::string out;
    constexpr std::array<std::string_view, 4> lines{
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}; // of RFC 6455 1.3
    for (const std::string_view line : lines) {
        if (!has_field(headers, lower(line.substr(0, line.find(':'))))) out += std::string(line) + "\r\n";
    }
    return out;
}

std::uint16_t port_of(std::string_view authority, bool is_secure)
{
    const auto colon = authority.rfind(':');
    const bool has_port = colon != authority.npos && authority.find(']', colon) == authority.npos;
    const auto endpoint =
        has_port ? conf::parse_endpoint("x" + std::string(authority.substr(colon))) : std::nullopt;
    return endpoint ? endpoint->port : is_secure ? 443 : 80;
}

} // namespace

boost::system::result<imagined_request, explain_fault> imagine(const explain_request& asked)
{
    const std::string start = lower(asked.url.substr(0, 8));
    const auto known =
        std::ranges::find_if(schemes, [&](const scheme& each) { return start.starts_with(each.prefix); });
    if (known == schemes.end()) return explain_fault{"a URL begins with http://, https://, ws:// or wss://"};
    const std::string_view rest = std::string_view(asked.url).substr(known->prefix.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    std::string target(rest.substr(authority.size()));
    if (!target.starts_with('/')) target.insert(0, "/");
    if (authority.empty()) return explain_fault{"the URL has no host"};
    if (asked.url.find_first_of(" \r\n") != asked.url.npos) return explain_fault{"a URL has no space in it"};
    if (!http::is_token(asked.method)) return explain_fault{"'" + asked.method + "' is no method"};
    imagined_request out;
    out.is_secure = known->is_secure;
    out.is_websocket = known->is_websocket;
    out.port = port_of(authority, known->is_secure);
    out.bytes = asked.method + " " + target + " HTTP/1.1\r\n";
    if (!has_field(asked.headers, "host")) out.bytes += "Host: " + std::string(authority) + "\r\n";
    if (out.is_websocket) out.bytes += websocket_lines(asked.headers);
    for (const std::string& each : asked.headers) {
        if (!is_field(each)) return explain_fault{"'" + each + "' is no header field; one is Name: value"};
        out.bytes += each + "\r\n";
    }
    out.bytes += "\r\n";
    if (asked.headers.size() > max_fields || out.bytes.size() > max_bytes)
        return explain_fault{"that is more than 64 fields or 8 KiB"};
    if (asked.client.empty()) return out;
    out.client = http::parse_forwarded_address(asked.client);
    if (!out.client) return explain_fault{"'" + asked.client + "' is no IP address"};
    return out;
}

boost::system::result<explain_request, explain_fault> read_explain_query(std::string_view query)
{
    admin_parameters given(query, {"url", "method", "client", "header"});
    explain_request out;
    out.url = given.text("url").value_or("");
    out.method = given.text("method").value_or("GET");
    out.client = given.text("client").value_or("");
    routing::query_parameters all(query);
    while (const auto header = all.next("header"))
        out.headers.emplace_back(*header);
    if (out.url.empty()) given.fail("say which url=URL");
    if (!given.problem().empty()) return explain_fault{given.problem()};
    return out;
}

} // namespace fairlead::server
