// Input: a list of members as a file has it. All of it is good or none is, and what is read can be
// written and read again.
#include "proxy/discovery/file_members.hpp"
#include "test/fuzz/claim.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace fairlead;
using fuzz::require;

constexpr std::size_t most = 8;

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        constexpr std::string_view digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || c == '"' || c == '\\')
            out.append("\\u00") += {digits[byte >> 4], digits[byte & 15]};
        else
            out += c;
    }
    return out;
}

std::string written(const discovery::member_list& members)
{
    std::string out = "[";
    for (const discovery::member& each : members) {
        out.append(out.size() > 1 ? "," : "").append(R"({"targets":[")").append(escaped(each.address.text));
        out.append(R"("],"labels":{"fairlead_weight":")").append(std::to_string(each.weight)).append("\"}}");
    }
    return out + "]";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const auto read = discovery::parse_members({reinterpret_cast<const char*>(data), size}, most);
    require(read.members.has_value() != read.failure.has_value(), "there is a list, or a failure");
    require(read.failure.has_value() != read.problem.empty(), "which is told in words");
    if (!read.members) return 0;
    require(read.members->size() <= most, "a list is within its bound");
    for (const discovery::member& each : *read.members)
        require(each.weight >= 1 && each.weight <= discovery::max_weight, "a weight is within its own");
    const auto again = discovery::parse_members(written(*read.members), most);
    require(again.members == read.members, "what is written is read again");
    return 0;
}
