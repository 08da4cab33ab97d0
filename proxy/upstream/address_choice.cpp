#include "proxy/upstream/address_choice.hpp"

#include <algorithm>

namespace fairlead::upstream {

std::vector<conf::ip_address> order_addresses(std::vector<address_candidate> candidates, std::uint32_t turn)
{
    std::erase_if(candidates, [](const address_candidate& each) { return each.free == 0; });
    std::vector<conf::ip_address> out;
    if (candidates.empty()) return out;
    const auto start = static_cast<std::ptrdiff_t>(turn % candidates.size());
    std::rotate(candidates.begin(), candidates.begin() + start, candidates.end());
    std::ranges::stable_sort(candidates, [](const address_candidate& a, const address_candidate& b) {
        return a.failed_lately != b.failed_lately ? b.failed_lately : a.free > b.free;
    });
    for (const auto& each : candidates)
        out.push_back(each.ip);
    return out;
}

void failed_addresses::add(const snat::tuple_destination& failed, snat::steady_time now) noexcept
{
    const auto known = std::ranges::find(entries_, failed, &entry::destination);
    auto& place = known != entries_.end() ? *known : entries_[next_++ % capacity];
    place = {failed, now + memory};
}

bool failed_addresses::contains(const snat::tuple_destination& asked, snat::steady_time now) const noexcept
{
    return std::ranges::any_of(
        entries_, [&](const entry& each) { return each.until > now && each.destination == asked; });
}

} // namespace fairlead::upstream
