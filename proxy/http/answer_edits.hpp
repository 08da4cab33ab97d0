// What a route changes in the fields of a backend's answer, beyond what every answer has and what it sets.
//
// Pure. Lifetime: of one answer; the views are its exchange's. Thread: any.
#pragma once

#include "proxy/http/head.hpp"
#include "proxy/http/path_mapping.hpp"

#include <string>

namespace fairlead::http {

struct answer_edits
{
    bool replaces_cors = false; // the proxy's own are among the lines it adds
    bool maps_locations = false;
    bool maps_cookies = false;
    path_mapping mapping = {};

    bool has_any() const noexcept { return replaces_cors || maps_locations || maps_cookies; }

    // Appends what the field becomes, which may be nothing. False: it goes on as it is.
    bool append(std::string& out, const field& of) const;
};

} // namespace fairlead::http
