// Input: values of Cookie fields, one on each line. A cookie's values are those that RFC 6265 4.2.1 says,
// and only the sticky cookie of this process leads to a backend, whatever stands around it.
#include "proxy/http/cookie_values.hpp"
#include "proxy/http/sticky_wish.hpp"
#include "test/fuzz/built_request.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <vector>

namespace {

using namespace fairlead;
using fuzz::require;

constexpr std::string_view name = "SRV";
constexpr std::uint32_t backends = 3;

const upstream::stickiness& rules()
{
    static const upstream::stickiness one = [] {
        conf::sticky_options options;
        options.name = name;
        options.secret = "0123456789abcdef";
        const std::vector<upstream::stickiness::member> members{
            {"10.0.0.1:80"}, {"10.0.0.2:80"}, {"10.0.0.3:80"}};
        return upstream::stickiness(options, "chat", members);
    }();
    return one;
}

std::string valid_value(std::uint32_t position)
{
    const std::string line = rules().set_cookie_line(position, false);
    const auto begin = line.find('=') + 1;
    return line.substr(begin, line.find(';') - begin);
}

// Character by character, unlike the reader.
std::vector<std::string> expected_values(const http::head& fields)
{
    std::vector<std::string> out;
    for (const http::field each : fields) {
        std::string lower(each.name);
        std::ranges::transform(lower, lower.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        if (lower != "cookie") continue;
        std::string pair;
        for (const char c : std::string(each.value) + ";") {
            if (c != ';') {
                pair += c;
                continue;
            }
            const auto equals = pair.find('=');
            if (equals != pair.npos && fuzz::trimmed(pair.substr(0, equals)) == name) {
                std::string value(fuzz::trimmed(std::string_view(pair).substr(equals + 1)));
                const bool is_quoted = value.size() > 1 && value.front() == '"' && value.back() == '"';
                out.push_back(is_quoted ? value.substr(1, value.size() - 2) : value);
            }
            pair.clear();
        }
    }
    return out;
}

std::optional<std::uint32_t> backend_of(const std::string& value)
{
    for (std::uint32_t position = 0; position < backends; ++position) {
        static const std::vector<std::string> valid{valid_value(0), valid_value(1), valid_value(2)};
        if (value == valid[position]) return position;
    }
    return std::nullopt;
}

void check(const std::string& lines)
{
    const fuzz::built_request request("/", lines);
    if (!request.is_good()) return;
    std::vector<std::string> read;
    http::cookie_values values(request.fields(), name);
    while (const auto value = values.next())
        read.emplace_back(*value);
    require(read == expected_values(request.fields()), "the values are those that the fields have");

    std::optional<std::uint32_t> expected;
    for (const std::string& each : read) {
        if (!expected) expected = backend_of(each);
        require(rules().find(each) == backend_of(each), "a value that nobody set leads nowhere");
    }
    const auto wish = http::find_sticky_wish(rules(), request.fields(), request.facts(), std::nullopt);
    require(wish.position == expected, "the first cookie that is valid counts");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    std::string lines;
    while (!rest.empty())
        lines.append("Cookie: ").append(fuzz::take_line(rest)).append("\r\n");
    check(lines);
    static const std::string own = "Cookie: a=1; SRV=" + valid_value(1) + "; b=2\r\n";
    check(lines + own);
    check(own + lines);
    return 0;
}
