// Members of a JSON object that another version of Fairlead may have written: what is missing, or is of
// another kind, is empty, 0, false or nothing. Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::cli {

namespace json = boost::json;

std::string text(const json::object& of, std::string_view name);
double number(const json::object& of, std::string_view name);
std::uint64_t count(const json::object& of, std::string_view name); // never below 0
bool flag(const json::object& of, std::string_view name);
const json::object* member(const json::object& of, std::string_view name); // null: there is none

// Each object in the array of that name.
template <class Use>
void for_each(const json::object& of, std::string_view name, Use use)
{
    const json::value* const found = of.if_contains(name);
    if (found == nullptr || !found->is_array()) return;
    for (const json::value& each : found->as_array()) {
        if (each.is_object()) use(each.as_object());
    }
}

} // namespace fairlead::cli
