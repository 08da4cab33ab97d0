// What else a backend may take a path for: without ";parameters" of its segments, as servlet containers read
// it, without empty segments, as nginx and others do, or without both.
//
// A request whose route would be another one in some of these readings could have a backend serve what that
// route guards; it is for the caller to compare. Pure. Thread: any. RFC 3986 3.3.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fairlead::routing {

// Why such a request is answered with 400.
inline constexpr std::string_view path_in_doubt = "parameters or empty segments lead past another route";

// None for almost every path, and then without an allocation. `canonical`: see conf/canonical_path.hpp.
std::vector<std::string> other_readings(std::string_view canonical);

} // namespace fairlead::routing
