// Input: the value of a traceparent. What is read is what the grammar says, and a beginning can be read.
#include "proxy/http/trace_context.hpp"
#include "test/fuzz/claim.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace {

using namespace fairlead;
using fuzz::require;

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == text.npos; }

// The grammar of W3C Trace Context 3.2.2 and 3.2.4, said another way.
bool is_in_grammar(std::string_view value)
{
    if (value.size() < 55) return false;
    const std::string_view core = value.substr(0, 55);
    if (std::ranges::count(core, '-') != 3 || core[2] != '-' || core[35] != '-' || core[52] != '-')
        return false;
    const std::string_view trace = core.substr(3, 32), parent = core.substr(36, 16);
    if (!is_hex(core.substr(0, 2)) || !is_hex(trace) || !is_hex(parent) || !is_hex(core.substr(53)))
        return false;
    if (trace == std::string(32, '0') || parent == std::string(16, '0') || core.starts_with("ff"))
        return false;
    return core.starts_with("00") ? value.size() == 55 : value.size() == 55 || value[55] == '-';
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view value(reinterpret_cast<const char*>(data), size);
    const auto parsed = http::parse_traceparent(value);
    require(parsed.has_value() == is_in_grammar(value), "what is read is what the grammar says");
    if (!parsed) return 0;

    http::request_id trace, parent;
    std::ranges::copy(value.substr(3, 32), trace.begin());
    std::ranges::copy(value.substr(3, 32), parent.begin());
    std::ranges::copy(value.substr(36, 16), parent.begin());
    http::request_trace begun;
    begun.begin(trace, parent, parsed->is_sampled ? 1 : 0);
    const auto again = http::parse_traceparent(begun.traceparent());
    require(again.has_value(), "a trace that begins can be read");
    require(again->trace == parsed->trace && again->is_sampled == parsed->is_sampled, "and is the one meant");
    require(begun.traceparent().substr(36, 16) == value.substr(36, 16), "with the parent meant");
    return 0;
}
