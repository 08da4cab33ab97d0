#include "proxy/discovery/member.hpp"

#include <algorithm>
#include <string>

namespace fairlead::discovery {

void put_in_order(member_list& members)
{
    const auto text_of = [](const member& each) -> const std::string& { return each.address.text; };
    std::ranges::stable_sort(members, {}, text_of);
    const auto rest = std::unique(members.begin(), members.end(), [](const member& a, const member& b) {
        return a.address.text == b.address.text;
    });
    members.erase(rest, members.end());
}

} // namespace fairlead::discovery
