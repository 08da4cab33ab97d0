// Input: an Origin and a Host, one on each line. A page of another site never passes: whatever is allowed
// has the very host, or ends with the very domain behind a dot, and the scheme (RFC 6454 4, RFC 6455
// 10.2).
#include "proxy/websocket/origin_check.hpp"
#include "test/fuzz/built_request.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace {

using namespace fairlead;
using conf::origin_pattern;
using fuzz::require;

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return out;
}

bool is_allowed(const origin_pattern& pattern, const std::string& lines, std::string_view host)
{
    const fuzz::built_request request("/", lines);
    return request.is_good() && websocket::is_origin_allowed(std::array{pattern}, request.fields(), host);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    const auto origin = fuzz::take_line(rest);
    const auto host = fuzz::take_line(rest);
    const std::string line = "Origin: " + std::string(origin) + "\r\n";
    const std::string sent = lower(fuzz::trimmed(origin));

    const origin_pattern exact{origin_pattern::kind::exact, "https://app.example.com", {}};
    const bool is_app = sent == "https://app.example.com" || sent == "https://app.example.com:443";
    require(is_allowed(exact, line, host) == is_app, "an exact pattern is one origin");

    const origin_pattern wildcard{origin_pattern::kind::wildcard, ".example.com", "https"};
    if (is_allowed(wildcard, line, host)) {
        require(sent.starts_with("https://") && sent.size() > std::string_view("https://.example.com").size(),
                "a wildcard is for its scheme");
        require(sent.ends_with(".example.com") || sent.ends_with(".example.com:443"), "and its domain");
        require(sent.find_first_of("/\\?#@,", 8) == sent.npos, "which is a host's");
    }

    const origin_pattern same{origin_pattern::kind::same_host, {}, {}};
    if (is_allowed(same, line, host)) {
        require(!host.empty() && sent.find("://") != sent.npos, "the same host is one");
        std::string named = sent.substr(sent.find("://") + 3);
        std::string asked = lower(host);
        for (std::string* each : {&named, &asked}) {
            for (const std::string_view port : {":443", ":80"}) {
                if (each->ends_with(port)) each->resize(each->size() - port.size());
            }
        }
        require(named == asked, "and is the host that was asked");
    }

    const origin_pattern none{origin_pattern::kind::none, {}, {}};
    require(!is_allowed(none, line, host), "who sends an Origin is a browser");
    for (const origin_pattern& each : {exact, wildcard, same, none})
        require(!is_allowed(each, line + line, host), "two Origins are never allowed");
    return 0;
}
