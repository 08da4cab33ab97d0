// What pages of other origins may ask of a route, as checked values. Part of the model: see model.hpp.
#pragma once

#include "conf/values.hpp"
#include "conf/websocket_options.hpp"

#include <optional>
#include <string>
#include <vector>

namespace fairlead::conf {

struct cors_options // route.cors
{
    bool any_origin = false;             // "*"; never with credentials
    std::vector<origin_pattern> origins; // at least one, unless any_origin; none of kind::none
    std::vector<std::string> methods{"GET", "HEAD", "POST"}; // "*": whichever is asked for
    std::vector<std::string> headers;                        // of requests; "*": whichever are asked for
    std::vector<std::string> expose_headers;                 // of answers; "*" never with credentials
    bool credentials = false;        // cookies, HTTP authentication and clients' certificates
    std::optional<duration> max_age; // of a preflight's answer; absent: as long as the browser likes

    bool operator==(const cors_options&) const = default;
};

} // namespace fairlead::conf
