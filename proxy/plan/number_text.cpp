#include "proxy/plan/number_text.hpp"

#include <array>
#include <cstdio>
#include <string_view>

namespace fairlead::plan {

std::string grouped(std::uint64_t number)
{
    std::string text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::string bytes_text(std::uint64_t number)
{
    constexpr std::array<std::string_view, 6> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    auto value = static_cast<double>(number);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 || value >= 100 ? "%.0f" : "%.1f", value);
    return text.data() + (" " + std::string(units[unit]));
}

std::uint64_t divided_up(std::uint64_t number, std::uint64_t by) noexcept
{
    return number / by + (number % by != 0 ? 1 : 0);
}

} // namespace fairlead::plan
