#include "proxy/http/client_certificate.hpp"

#include <string_view>

namespace fairlead::http {
namespace {

constexpr std::size_t longest_value = 4'096;

// RFC 9110 5.6.4
void append_quoted(std::string& out, std::string_view text)
{
    out.push_back('"');
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    out.push_back('"');
}

void append_value(std::string& out, std::string_view text)
{
    if (text.find_first_of(",;=\"\\ ") == text.npos)
        out.append(text);
    else
        append_quoted(out, text);
}

} // namespace

std::string describe_certificate(const tls::peer_certificate& shown)
{
    std::string out = "Hash=" + shown.fingerprint + ";Subject=";
    append_quoted(out, shown.subject);
    for (const std::string_view name : shown.sans) {
        const bool is_told = name.starts_with("URI:") || name.starts_with("DNS:");
        if (!is_told || out.size() + name.size() > longest_value) continue;
        out.append(";").append(name.substr(0, 3)).append("=");
        append_value(out, name.substr(4));
    }
    return out;
}

} // namespace fairlead::http
