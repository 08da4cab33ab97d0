#include "proxy/routing/path_index.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace fairlead::routing {
namespace {

std::string_view without_final_slash(std::string_view prefix)
{
    if (prefix.ends_with('/')) prefix.remove_suffix(1);
    return prefix;
}

bool ends_segment(std::string_view path, std::size_t at) { return at == path.size() || path[at] == '/'; }

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

} // namespace

path_index::path_index(std::uint64_t seed)
    : seed_(seed)
    , exact_(0, text_hash{seed})
    , prefixes_(0, text_hash{seed})
    , regex_positions_(0, text_hash{seed})
{}

void path_index::add(const conf::route_options& route, std::uint32_t position, condition_set conditions,
                     std::vector<std::string>& errors)
{
    list_for(route, errors).add(position, std::move(conditions));
}

candidate_list& path_index::list_for(const conf::route_options& route, std::vector<std::string>& errors)
{
    switch (route.path_is) {
    case conf::path_kind::any: break;
    case conf::path_kind::exact: return exact_[route.path];
    case conf::path_kind::prefix: return prefixes_[std::string(without_final_slash(route.path))];
    case conf::path_kind::regex: {
        const auto [known, is_new] = regex_positions_.try_emplace(route.path, regexes_.size());
        if (is_new) regexes_.push_back({std::make_unique<re2::RE2>(route.path, regex_options()), {}});
        const auto& pattern = *regexes_[known->second].pattern;
        if (!pattern.ok()) errors.push_back("path: bad regex '" + route.path + "': " + pattern.error());
        return regexes_[known->second].candidates;
    }
    }
    return without_path_;
}

void path_index::freeze()
{
    for (auto& [path, candidates] : exact_)
        candidates.freeze(seed_);
    for (auto& [path, candidates] : prefixes_) {
        candidates.freeze(seed_);
        prefix_lengths_.push_back(path.size());
    }
    std::sort(prefix_lengths_.begin(), prefix_lengths_.end(), std::greater<>());
    prefix_lengths_.erase(std::unique(prefix_lengths_.begin(), prefix_lengths_.end()), prefix_lengths_.end());
    for (auto& place : regexes_)
        place.candidates.freeze(seed_);
    without_path_.freeze(seed_);
    regex_positions_.clear();
    if (regexes_.size() > 1) compile_set();
}

void path_index::compile_set()
{
    auto options = regex_options();
    // RE2's default budget of 8 MiB is meant for one pattern.
    options.set_max_mem(options.max_mem() + static_cast<std::int64_t>(regexes_.size()) * 16 * 1024);
    auto set = std::make_unique<re2::RE2::Set>(options, re2::RE2::ANCHOR_BOTH);
    for (const auto& place : regexes_) {
        if (set->Add(place.pattern->pattern(), nullptr) < 0) return;
    }
    if (set->Compile()) set_ = std::move(set);
}

std::optional<std::uint32_t> path_index::match(const request_key& request, match_cost& cost) const
{
    if (!exact_.empty()) {
        ++cost.lookups;
        const auto found = exact_.find(request.path);
        if (found != exact_.end()) {
            if (const auto route = found->second.first_match(request, cost)) return route;
        }
    }
    if (const auto route = match_prefix(request, cost)) return route;
    if (const auto route = match_regex(request, cost)) return route;
    return without_path_.first_match(request, cost);
}

std::optional<std::uint32_t> path_index::match_prefix(const request_key& request, match_cost& cost) const
{
    for (const auto length : prefix_lengths_) {
        if (length > request.path.size() || !ends_segment(request.path, length)) continue;
        ++cost.lookups;
        const auto found = prefixes_.find(request.path.substr(0, length));
        if (found == prefixes_.end()) continue;
        if (const auto route = found->second.first_match(request, cost)) return route;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> path_index::match_regex(const request_key& request, match_cost& cost) const
{
    if (set_ != nullptr) {
        std::vector<int> matching;
        re2::RE2::Set::ErrorInfo error{};
        const bool any = set_->Match(piece(request.path), &matching, &error);
        if (any || error.kind == re2::RE2::Set::kNoError) {
            std::sort(matching.begin(), matching.end());
            for (const auto position : matching) {
                const auto& place = regexes_[static_cast<std::size_t>(position)];
                if (const auto route = place.candidates.first_match(request, cost)) return route;
            }
            return std::nullopt;
        }
        // Out of its budget for this path: each pattern alone can still be matched, in linear time.
    }
    for (const auto& place : regexes_) {
        if (!re2::RE2::FullMatch(piece(request.path), *place.pattern)) continue;
        if (const auto route = place.candidates.first_match(request, cost)) return route;
    }
    return std::nullopt;
}

} // namespace fairlead::routing
