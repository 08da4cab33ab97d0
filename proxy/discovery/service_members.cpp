#include "proxy/discovery/service_members.hpp"

#include "proxy/discovery/member.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace fairlead::discovery {
namespace {

void weigh(std::span<service_record> equals)
{
    const auto [least, greatest] = std::ranges::minmax(equals, {}, &service_record::weight);
    const std::uint32_t most = greatest.weight;
    const bool is_scaled = most > max_weight || (least.weight == 0 && most != 0);
    for (service_record& each : equals) {
        const std::uint32_t weight = is_scaled ? each.weight * max_weight / most : each.weight;
        each.weight = static_cast<std::uint16_t>(std::max<std::uint32_t>(1, weight));
    }
}

} // namespace

void rank_services(std::vector<service_record>& services)
{
    std::ranges::stable_sort(services, {}, &service_record::priority);
    std::uint16_t rank = 0;
    for (std::size_t begin = 0; begin < services.size(); ++rank) {
        const std::uint16_t priority = services[begin].priority;
        std::size_t end = begin;
        for (; end < services.size() && services[end].priority == priority; ++end)
            services[end].priority = rank;
        weigh(std::span(services).subspan(begin, end - begin));
        begin = end;
    }
}

} // namespace fairlead::discovery
