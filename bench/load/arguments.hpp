// The command line of one subcommand: --name value pairs, a name may repeat.
//
// Every value has a range. Call reject_unknown() last: a mistyped option must not fall back to a default.
// Errors: std::invalid_argument with a text for the user.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::bench {

struct number_range
{
    std::uint64_t preset; // the value when the option is absent
    std::uint64_t lowest;
    std::uint64_t highest;
};

class arguments
{
public:
    explicit arguments(std::span<char* const> words);

    [[nodiscard]] std::string text(std::string_view name); // exactly one, required
    [[nodiscard]] std::vector<std::string> texts(std::string_view name);
    [[nodiscard]] std::uint64_t number(std::string_view name, number_range range);
    void reject_unknown() const;

private:
    std::multimap<std::string, std::string, std::less<>> values_;
    std::set<std::string, std::less<>> asked_;
};

} // namespace fairlead::bench
