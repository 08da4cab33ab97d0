// The routes of one host, by path: exact, then the longest prefix, then regexes in order, then those without
// a path.
//
// Prefixes are looked up once per length that exists and only where a segment ends, so a hostile path costs
// no more lookups than there are lengths of prefixes. The regexes run together, in one pass over the path.
// Filled by add(), then freeze() once, then only read. Thread: one until frozen, then any.
#pragma once

#include "conf/model.hpp"
#include "proxy/routing/candidate_list.hpp"
#include "proxy/routing/text_map.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::routing {

class path_index
{
public:
    explicit path_index(std::uint64_t seed);

    // Appends a message to `errors` when the path is a regex that does not compile.
    void add(const conf::route_options& route, std::uint32_t position, condition_set conditions,
             std::vector<std::string>& errors);
    void freeze();

    std::optional<std::uint32_t> match(const request_key& request, match_cost& cost) const;

private:
    struct regex_place
    {
        std::unique_ptr<const re2::RE2> pattern;
        candidate_list candidates;
    };

    candidate_list& list_for(const conf::route_options& route, std::vector<std::string>& errors);
    void compile_set();
    std::optional<std::uint32_t> match_prefix(const request_key& request, match_cost& cost) const;
    std::optional<std::uint32_t> match_regex(const request_key& request, match_cost& cost) const;

    const std::uint64_t seed_;
    text_map<candidate_list> exact_;
    text_map<candidate_list> prefixes_;        // without the final slash
    std::vector<std::size_t> prefix_lengths_;  // of prefixes_, each once, longest first
    std::vector<regex_place> regexes_;         // in file order
    text_map<std::size_t> regex_positions_;    // of a pattern in regexes_
    std::unique_ptr<const re2::RE2::Set> set_; // of regexes_; null: each is tried
    candidate_list without_path_;
};

} // namespace fairlead::routing
