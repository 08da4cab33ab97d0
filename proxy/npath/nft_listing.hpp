// What `nft -j` says is in the kernel: tables of ours, the members a table has, and its counters.
//
// Parses text; does not run nft. Anything that is not understood is left out: a listing is a help, the next
// script states the whole truth again. Pure. Thread: any.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::npath {

// Names of netdev tables that begin with table_prefix, from `nft -j list tables netdev`; nothing when the
// text is not such a listing.
std::optional<std::vector<std::string>> listed_tables(std::string_view json);

// A chain of nft_ruleset's member_chain().
struct listed_member
{
    std::uint32_t id = 0;
    conf::ip_address address;

    bool operator==(const listed_member&) const = default;
};

// From `nft -j -t list table netdev NAME`.
std::vector<listed_member> listed_members(std::string_view json);

struct listed_counter
{
    std::string name;
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
};

// From `nft -j list counters table netdev NAME`.
std::vector<listed_counter> listed_counters(std::string_view json);

} // namespace fairlead::npath
