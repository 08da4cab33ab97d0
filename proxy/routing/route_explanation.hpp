// Why a request takes its route, and what the others lack: route_table in words, for people.
//
// The decision is the table's. What a route lacks is found by tables and condition sets of that one
// condition, so that nothing here can match differently. Routes of which nothing but one kind of condition
// fails (host, path or the rest) are near; those come first that the table would have asked first.
// Cost: linear in the routes, some microseconds each: for an operator's question, not for traffic. Pure.
// Thread: any. Lifetime: routes are those that the table was built from.
#pragma once

#include "conf/model.hpp"
#include "proxy/routing/request_key.hpp"
#include "proxy/routing/route_table.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fairlead::routing {

struct condition_outcome
{
    std::string condition; // "host *.example.com", "path below /chat/", "header x-tenant = blue"
    bool holds = false;
    std::string seen; // what the request has there; empty: nothing
};

struct route_outcome
{
    std::uint32_t route = 0;
    std::vector<condition_outcome> conditions;
    bool holds = false; // all of them do
    std::string behind; // why the taken route comes before this one, where it holds: "its path is longer"
};

struct route_explanation
{
    std::optional<std::uint32_t> taken;
    std::vector<condition_outcome> conditions; // of the taken one
    std::vector<route_outcome> others;         // that hold too, then near ones; the first of each
};

// Why `a` is asked before `b` (route_table.hpp, the order); empty: it is not.
std::string reason_to_come_before(std::span<const conf::route_options> routes, std::uint32_t a,
                                  std::uint32_t b);

// At most `most` others.
route_explanation explain(const route_table& table, std::span<const conf::route_options> routes,
                          const request_key& request, std::size_t most);

} // namespace fairlead::routing
