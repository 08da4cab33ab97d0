#include "proxy/routing/candidate_list.hpp"

#include "proxy/routing/query_parameters.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace fairlead::routing {
namespace {

constexpr std::size_t unindexed_up_to = 4; // testing so few costs less than hashing a value

// Calls visit(is_query, condition) for each exact condition.
template <class Visit>
void for_each_exact(const condition_set& conditions, Visit visit)
{
    for (const bool is_query : {false, true}) {
        for (const auto& condition : is_query ? conditions.query() : conditions.headers()) {
            if (condition.how == conf::value_match::kind::exact) visit(is_query, condition);
        }
    }
}

} // namespace

void candidate_list::add(std::uint32_t route, condition_set conditions)
{
    candidates_.push_back({route, std::move(conditions)});
}

void candidate_list::freeze(std::uint64_t seed)
{
    std::stable_sort(candidates_.begin(), candidates_.end(), [](const candidate& a, const candidate& b) {
        return a.conditions.count() > b.conditions.count();
    });

    const bool index_values = candidates_.size() > unindexed_up_to;
    std::map<std::tuple<bool, std::string_view, std::string_view>, std::size_t> frequency;
    if (index_values) {
        for (const auto& entry : candidates_) {
            for_each_exact(entry.conditions, [&](bool is_query, const named_matcher& condition) {
                ++frequency[{is_query, condition.name, condition.text}];
            });
        }
    }

    for (std::uint32_t rank = 0; rank < candidates_.size(); ++rank) {
        const named_matcher* rarest = nullptr;
        bool rarest_is_query = false;
        auto rarest_count = std::numeric_limits<std::size_t>::max();
        const auto prefer = [&](bool is_query, const named_matcher& condition) {
            const auto count = frequency[{is_query, condition.name, condition.text}];
            if (count < rarest_count) {
                rarest = &condition;
                rarest_is_query = is_query;
                rarest_count = count;
            }
        };
        if (index_values) for_each_exact(candidates_[rank].conditions, prefer);
        auto& list = rarest != nullptr ? list_for(rarest_is_query, *rarest, seed) : unindexed_;
        list.push_back(rank);
    }
}

candidate_list::rank_list& candidate_list::list_for(bool is_query, const named_matcher& condition,
                                                    std::uint64_t seed)
{
    auto group = std::find_if(groups_.begin(), groups_.end(), [&](const value_group& each) {
        return each.is_query == is_query && each.name == condition.name;
    });
    if (group == groups_.end()) {
        groups_.push_back({is_query, condition.name, text_map<rank_list>(0, text_hash{seed})});
        group = std::prev(groups_.end());
    }
    return group->by_value[condition.text];
}

// One search over the lists: keeps the best rank found so far and tests only what would be better.
class candidate_list::search
{
public:
    search(const candidate_list& owner, const request_key& request, match_cost& cost)
        : owner_(owner)
        , request_(request)
        , cost_(cost)
    {}

    void test(const rank_list& ranks)
    {
        for (const auto rank : ranks) {
            if (rank >= best_) return;
            ++cost_.candidates;
            if (owner_.candidates_[rank].conditions.hold(request_)) {
                best_ = rank;
                return;
            }
        }
    }

    void test_value(const value_group& group, std::string_view value)
    {
        ++cost_.lookups;
        const auto found = group.by_value.find(value);
        if (found != group.by_value.end()) test(found->second);
    }

    void test_group(const value_group& group)
    {
        if (group.is_query) {
            query_parameters parameters(request_.query);
            while (const auto value = parameters.next(group.name))
                test_value(group, *value);
            return;
        }
        std::size_t from = 0;
        while (const auto value = request_.headers.next(group.name, from))
            test_value(group, *value);
    }

    std::optional<std::uint32_t> found() const
    {
        if (best_ == none) return std::nullopt;
        return owner_.candidates_[best_].route;
    }

private:
    static constexpr auto none = std::numeric_limits<std::uint32_t>::max();

    const candidate_list& owner_;
    const request_key& request_;
    match_cost& cost_;
    std::uint32_t best_ = none;
};

std::optional<std::uint32_t> candidate_list::first_match(const request_key& request, match_cost& cost) const
{
    if (candidates_.empty()) return std::nullopt;
    search run(*this, request, cost);
    for (const auto& group : groups_)
        run.test_group(group);
    run.test(unindexed_);
    return run.found();
}

} // namespace fairlead::routing
