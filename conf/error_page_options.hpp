// The pages that clients see in place of error answers, as checked values. Part of the model: see model.hpp.
#pragma once

#include "conf/health_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fairlead::conf {

enum class page_kind : std::uint8_t
{
    html,
    json,
    text
};

struct error_page
{
    status_range statuses; // one, a class (400-499), or all (400-599)
    page_kind kind = page_kind::html;
    std::string text; // with {status}, {reason} and {request_id}; at most 64 KiB

    bool operator==(const error_page&) const = default;
};

// [error_pages], and route.error_pages before it.
struct error_page_options
{
    std::vector<error_page> pages;                      // the narrower first
    std::optional<std::vector<status_range>> intercept; // a backend's answers that a page replaces

    bool operator==(const error_page_options&) const = default;
};

} // namespace fairlead::conf
