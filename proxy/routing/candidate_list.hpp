// The routes of one place (a host and a path): finds the first, by number of conditions and then file order,
// whose conditions a request meets.
//
// Routes that test an exact header or query value are found by hash through the rarest such value, so that
// thousands of tenants on one path cost what one does. The others are tested in order.
// Filled by add(), then freeze() once, then only read. Thread: one until frozen, then any.
#pragma once

#include "proxy/routing/match_cost.hpp"
#include "proxy/routing/matchers.hpp"
#include "proxy/routing/request_key.hpp"
#include "proxy/routing/text_map.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::routing {

class candidate_list
{
public:
    void add(std::uint32_t route, condition_set conditions);
    void freeze(std::uint64_t seed);

    std::optional<std::uint32_t> first_match(const request_key& request, match_cost& cost) const;

private:
    using rank_list = std::vector<std::uint32_t>; // ascending positions in candidates_

    struct candidate
    {
        std::uint32_t route;
        condition_set conditions;
    };

    // The candidates that are found through the value of one header or parameter.
    struct value_group
    {
        bool is_query;
        std::string name;
        text_map<rank_list> by_value;
    };

    class search;

    rank_list& list_for(bool is_query, const named_matcher& condition, std::uint64_t seed);

    std::vector<candidate> candidates_; // best first once frozen
    rank_list unindexed_;
    std::vector<value_group> groups_;
};

} // namespace fairlead::routing
