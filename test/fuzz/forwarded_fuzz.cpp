// Input: fields of a request that came through a proxy which is trusted, one on each line. Who is told to
// a backend as the one that dialled us is that one, and the client is the last address that nobody
// trusted made up (RFC 7239 4, 7.1).
#include "proxy/http/forward_headers.hpp"
#include "proxy/http/trusted_peers.hpp"
#include "test/fuzz/built_request.hpp"
#include "test/fuzz/head_reading.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace fairlead;
using fuzz::require;

constexpr std::string_view dialled_us = "192.0.2.77";

// The elements of a Forwarded list by RFC 7239 4, quoted strings with commas and backslashes among them;
// the last one, or nothing where a quoted string has no end.
std::optional<std::string> last_element(std::string_view list)
{
    std::string element;
    bool is_quoted = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (is_quoted && list[i] == '\\') {
            element += list[i++];
            if (i == list.size()) return std::nullopt;
        } else if (list[i] == '"') {
            is_quoted = !is_quoted;
        } else if (list[i] == ',' && !is_quoted) {
            element.clear();
            continue;
        }
        element += list[i];
    }
    if (is_quoted) return std::nullopt;
    return std::string(fuzz::trimmed(element));
}

std::string joined(const http::head& fields, std::string_view name)
{
    std::string out;
    std::size_t from = 0;
    while (const auto value = fields.find_next(name, from))
        out.append(out.empty() ? "" : ", ").append(*value);
    return out;
}

void check_told_on(const fuzz::built_request& request, bool is_trusted)
{
    http::request_forwarding how{.peer_ip = dialled_us, .is_peer_trusted = is_trusted, .forwarded = true};
    std::string text;
    http::append_request_head(text, request.fields(), request.facts(), how);
    http::head written;
    fuzz::read_written<http::request_head_parser>(text, written);
    std::size_t from = 0;
    require(written.find_next("Forwarded", from).has_value(), "there is a Forwarded field");
    require(!written.find_next("Forwarded", from), "and only one");
    const auto last = last_element(joined(written, "Forwarded"));
    require(last.has_value(), "its quoted strings have ends");
    require(last->starts_with("for=" + std::string(dialled_us) + ";"), "who dialled us is its last element");
    const auto list = joined(written, "X-Forwarded-For");
    require(fuzz::trimmed(std::string_view(list).substr(list.rfind(',') + 1)) == dialled_us,
            "and that of X-Forwarded-For");
    if (is_trusted) return;
    require(list == dialled_us, "who is not trusted says nothing else");
    require(joined(written, "Forwarded").starts_with("for="), "in neither field");
}

const conf::peer_list& trusted_peers()
{
    static const conf::peer_list one{
        {conf::parse_cidr("10.0.0.0/8").value(), conf::parse_cidr("fd00::/8").value()}, false};
    return one;
}

// The client is an address of the list; behind it there are only trusted ones, and it is not trusted itself
// unless nothing that can be read stands before it.
void check_client(const http::head& fields)
{
    std::vector<std::string> entries;
    std::string rest = joined(fields, "X-Forwarded-For") + ",";
    for (std::size_t end = rest.find(','); end != rest.npos; end = rest.find(',')) {
        const std::string entry(fuzz::trimmed(rest.substr(0, end)));
        if (!entry.empty()) entries.push_back(entry);
        rest.erase(0, end + 1);
    }
    std::size_t trusted = 0; // at the end of the list
    const auto is_trusted = [](const std::string& entry) {
        const auto address = http::parse_forwarded_address(entry);
        return address && http::holds(trusted_peers(), address);
    };
    while (trusted < entries.size() && is_trusted(entries[entries.size() - 1 - trusted]))
        ++trusted;
    const auto client = http::forwarded_client(fields, trusted_peers());
    if (trusted >= http::max_forwarded_entries) return;
    std::optional<net::ip_port> expected;
    if (trusted > 0) expected = http::parse_forwarded_address(entries[entries.size() - trusted]);
    if (trusted < entries.size()) {
        const auto other = http::parse_forwarded_address(entries[entries.size() - 1 - trusted]);
        if (other) expected = other;
    }
    require(client == expected, "the client is the last one that a trusted proxy saw");
    if (!client) return;
    const auto again = http::parse_forwarded_address(net::to_string(*client));
    require(client->port == 0 || again == client, "an address is read as it is written");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::string lines;
    while (!rest.empty())
        lines.append(fuzz::take_line(rest)).append("\r\n");
    const fuzz::built_request request("/", lines);
    if (!request.is_good()) return 0;
    check_client(request.fields());
    check_told_on(request, true);
    check_told_on(request, false);
    return 0;
}
