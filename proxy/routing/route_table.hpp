// Finds the route of a request among all [[route]]s.
//
// The order, most specific first:
//   1. host: exact, then the longest matching "*." wildcard, then routes without a host;
//   2. path: exact, then the longest matching prefix, then regexes in file order, then routes without a path;
//   3. the number of conditions (methods, each header, each query parameter, only, subprotocol,
//      each list of client_certificate), more first;
//   4. file order.
// A route whose host and path match but whose conditions do not is passed over, and the search goes on with
// the less specific ones.
// A prefix matches on segment boundaries: "/chat/" matches "/chat", "/chat/" and "/chat/x", not "/chatter".
// Paths are compared byte for byte as received. Equal regex texts under one host count as one place in the
// file order: that of the first. What each condition compares is said in matchers.hpp.
//
// Cost: hash lookups, one per host spelling and per *length* of prefix that exists, so it does not grow with
// the number of routes. Routes of one host and path are found by hash through an exact header or query value
// when they have one; the others of that place are tested one after the other. Regex paths of one host are
// matched together, in one pass over the path.
// Does not resolve a pool, strip prefixes or normalise anything.
// Immutable; copies what it needs from the options. Thread: any number at once; regexes take RE2's own lock.
// Errors: a regex RE2 does not accept, all of them at once.
#pragma once

#include "conf/model.hpp"
#include "proxy/routing/match_cost.hpp"
#include "proxy/routing/request_key.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fairlead::routing {

struct route_error
{
    conf::source_position where; // the route's
    std::string route;           // its name
    std::string message;         // e.g. "headers.X-Tenant: bad regex '(': missing closing ): ("
};

class route_table
{
public:
    // Routes keep their position in `routes` as their index.
    static boost::system::result<route_table, std::vector<route_error>>
    build(std::span<const conf::route_options> routes);

    route_table(route_table&&) noexcept;
    route_table& operator=(route_table&&) noexcept;
    ~route_table();

    // The index of the route that serves the request; nothing when no route does. Allocates only for a regex
    // path and for a percent-encoded query parameter that a route tests.
    std::optional<std::uint32_t> match(const request_key& request) const noexcept;

    // The same, and adds what it cost to `cost`.
    std::optional<std::uint32_t> match(const request_key& request, match_cost& cost) const noexcept;

    std::size_t size() const noexcept; // number of routes

private:
    struct index;
    explicit route_table(std::unique_ptr<const index> built);

    std::unique_ptr<const index> index_;
};

} // namespace fairlead::routing
