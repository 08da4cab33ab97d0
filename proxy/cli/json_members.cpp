#include "proxy/cli/json_members.hpp"

#include <algorithm>

namespace fairlead::cli {

std::string text(const json::object& of, std::string_view name)
{
    const json::value* const found = of.if_contains(name);
    if (found == nullptr || !found->is_string()) return {};
    return std::string(found->as_string());
}

double number(const json::object& of, std::string_view name)
{
    const json::value* const found = of.if_contains(name);
    if (found == nullptr || !found->is_number()) return 0;
    return found->to_number<double>();
}

std::uint64_t count(const json::object& of, std::string_view name)
{
    return static_cast<std::uint64_t>(std::max(0.0, number(of, name)));
}

bool flag(const json::object& of, std::string_view name)
{
    const json::value* const found = of.if_contains(name);
    return found != nullptr && found->is_bool() && found->as_bool();
}

const json::object* member(const json::object& of, std::string_view name)
{
    const json::value* const found = of.if_contains(name);
    return found == nullptr ? nullptr : found->if_object();
}

} // namespace fairlead::cli
