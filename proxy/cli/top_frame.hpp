// One frame of `fairlead top`: what is shown of a reading, and what keys do to that. Pure; any thread.
#pragma once

#include "proxy/cli/top_figures.hpp"
#include "proxy/cli/terminal.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::cli {

enum class top_subject
{
    routes,
    backends,
    connections,
};

struct top_view
{
    top_subject subject = top_subject::routes;
    std::string sort_by; // a column's title; one that the table lacks is its second
    bool reversed = false;
    bool paused = false;
    std::size_t first_row = 0;
    bool wants_end = false;
};

struct top_reading
{
    top_figures before;
    top_figures now;
    std::string problem; // why `now` is old; empty: it is not
};

// The rows of the view's subject, sorted.
top_table table_of(const top_reading& reading, const top_view& view);

// What a key does: q, Tab, <, >, r, space, the arrows and their pages.
void press(top_view& view, std::string_view key, const top_table& shown, std::size_t page);

// As many lines as the screen has, or fewer.
std::vector<std::string> top_frame(const top_reading& reading, const top_view& view, std::string_view admin,
                                   screen_size screen, bool with_colours);

// The whole table without a screen: for a pipe.
std::string top_text(const top_reading& reading, const top_view& view, std::string_view admin);

// The same as one JSON object on a line.
std::string top_json(const top_reading& reading, const top_view& view);

} // namespace fairlead::cli
