#include "tls/certificate_groups.hpp"

#include <algorithm>
#include <map>

namespace fairlead::tls {
namespace {

bool serves_better(const certificate_names& one, const certificate_names& other, wall_time now)
{
    const auto is_valid = [&](const certificate_names& each) {
        return now >= each.not_before && now <= each.not_after;
    };
    if (is_valid(one) != is_valid(other)) return is_valid(one);
    return one.not_after > other.not_after;
}

using by_kind = std::map<key_kind, std::size_t>;

void offer(by_kind& chosen, std::size_t candidate, std::span<const certificate_names> certificates,
           wall_time now)
{
    const auto [known, is_new] = chosen.emplace(certificates[candidate].kind, candidate);
    if (!is_new && serves_better(certificates[candidate], certificates[known->second], now))
        known->second = candidate;
}

std::vector<std::size_t> positions(const by_kind& chosen)
{
    std::vector<std::size_t> out;
    for (const auto& [kind, position] : chosen)
        out.push_back(position);
    return out;
}

} // namespace

certificate_groups group_certificates(std::span<const certificate_names> certificates, wall_time now)
{
    std::map<std::string, by_kind> by_name;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        for (const std::string& name : certificates[i].names)
            offer(by_name[name], i, certificates, now);
    }
    certificate_groups out;
    std::map<std::vector<std::size_t>, std::uint32_t> known;
    const auto number_of = [&](const by_kind& chosen) {
        auto group = positions(chosen);
        const auto [at, is_new] = known.emplace(group, static_cast<std::uint32_t>(out.groups.size()));
        if (is_new) out.groups.push_back(std::move(group));
        return at->second;
    };
    const auto& first = certificates.front();
    number_of(first.names.empty() ? by_kind{{first.kind, 0}} : by_name[first.names.front()]);
    for (const auto& [name, chosen] : by_name)
        out.names.add(name, number_of(chosen));
    return out;
}

} // namespace fairlead::tls
