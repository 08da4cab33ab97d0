#include "proxy/snat/transparent_rules.hpp"

#include <array>
#include <string_view>

namespace fairlead::snat {
namespace {

// The mark and the routing table have one number, 0x464c, which is "FL".
constexpr std::string_view mark = "0x464c";
constexpr std::string_view table = "17996";
constexpr std::array<std::string_view, 2> families{"ip", "ip -6"};

void append(std::string& to, std::initializer_list<std::string_view> words)
{
    for (const auto word : words)
        to += word;
    to += '\n';
}

// One rule at most, however often it was installed.
void append_rule_removal(std::string& to, std::string_view ip)
{
    append(to, {"while ", ip, " rule del fwmark ", mark, " lookup ", table, " 2>/dev/null; do :; done"});
}

} // namespace

std::string transparent_rules()
{
    std::string out;
    // nft 1.0.6 wants a line's end before each closing brace. Adding and deleting first makes it repeatable.
    append(out, {"nft -f - <<'RULES'"});
    append(out, {"table inet fairlead_transparent"});
    append(out, {"delete table inet fairlead_transparent"});
    append(out, {"table inet fairlead_transparent {"});
    append(out, {"    chain prerouting {"});
    append(out, {"        type filter hook prerouting priority mangle; policy accept;"});
    append(out, {"        socket wildcard 0 socket transparent 1 meta mark set ", mark});
    append(out, {"    }"});
    append(out, {"}"});
    append(out, {"RULES"});
    for (const auto ip : families) {
        append_rule_removal(out, ip);
        append(out, {ip, " rule add fwmark ", mark, " lookup ", table, " priority 100"});
        append(out, {ip, " route replace local default dev lo table ", table});
    }
    return out;
}

std::string transparent_rules_removal()
{
    std::string out;
    append(out, {"nft delete table inet fairlead_transparent 2>/dev/null"});
    for (const auto ip : families) {
        append_rule_removal(out, ip);
        append(out, {ip, " route flush table ", table, " 2>/dev/null"});
    }
    append(out, {"true"});
    return out;
}

} // namespace fairlead::snat
