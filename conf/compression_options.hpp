// What of a route's answers is compressed, as checked values. Part of the model: see model.hpp.
#pragma once

#include "conf/values.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fairlead::conf {

struct compression_options // route.compression
{
    // In lower case: "text/html", "text/*" or, of every type with that suffix, "+json" (RFC 6839).
    std::vector<std::string> types{"text/*",
                                   "application/json",
                                   "application/javascript",
                                   "application/xml",
                                   "application/wasm",
                                   "+json",
                                   "+xml"};
    byte_count min_size = 1024;     // of a body whose length is known
    std::uint32_t level = 5;        // 1..9, of zlib
    std::uint32_t max_active = 128; // answers that a worker compresses at once, of all routes

    bool operator==(const compression_options&) const = default;
};

} // namespace fairlead::conf
