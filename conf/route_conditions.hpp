// The conditions of a route that are tables of names: headers and query parameters.
#pragma once

#include "conf/model.hpp"
#include "conf/table_reader.hpp"

#include <string_view>
#include <vector>

namespace fairlead::conf {

// Each NAME = "exact" | true | { regex = "..." } of the route's `headers`, with names in lower case.
std::vector<value_match> read_header_tests(const table_reader& route);

// The same for `query`, where case counts.
std::vector<value_match> read_query_tests(const table_reader& route);

// Each NAME = "value" of `set_headers`, names as written.
std::vector<header_value> read_set_headers(const table_reader& route);
std::vector<header_value> read_added_headers(const table_reader& route);

// The same of the `headers` of a check.
std::vector<header_value> read_check_headers(const table_reader& check);

// The same of `response_headers`.
std::vector<header_value> read_response_headers(const table_reader& route);

} // namespace fairlead::conf
