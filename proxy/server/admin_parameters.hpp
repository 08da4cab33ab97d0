// The parameters of an admin request that knows all of its names: the first thing that is wrong with them is
// told, once all were looked at. Thread: one. Lifetime: the query outlives it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace fairlead::server {

class admin_parameters
{
public:
    admin_parameters(std::string_view query, std::initializer_list<std::string_view> known);

    std::optional<std::string> text(std::string_view name); // decoded
    bool flag(std::string_view name);                       // 1 or 0, which is also what is missing
    std::optional<std::size_t> number(std::string_view name, std::size_t least, std::size_t most);

    void fail(std::string problem);                                  // what failed first stands
    const std::string& problem() const noexcept { return problem_; } // empty: none

private:
    std::string_view query_;
    std::string problem_;
};

} // namespace fairlead::server
