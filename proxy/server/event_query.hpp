// What GET /events asks for, and how an event is written.
//
// Pure. Source: the HTML standard, "Server-sent events", 9.2.
#pragma once

#include "proxy/admin/page.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace fairlead::server {

struct events_query
{
    static constexpr std::chrono::seconds shortest{1};
    static constexpr std::chrono::seconds longest{60};

    std::chrono::milliseconds every = shortest;
    std::string problem; // what is wrong with the question; empty: nothing
};

events_query read_events_query(std::string_view query);

// `data` is one line, as JSON is.
std::string event_text(std::string_view name, std::string_view data);

} // namespace fairlead::server
