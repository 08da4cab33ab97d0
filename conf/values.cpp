#include "conf/values.hpp"

#include <charconv>
#include <limits>

namespace fairlead::conf {

namespace {

struct unit
{
    std::string_view suffix;
    std::uint64_t factor;
};

constexpr std::array<unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<unit, 7> size_units{{{"GiB", 1ULL << 30},
                                          {"MiB", 1ULL << 20},
                                          {"KiB", 1ULL << 10},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"kB", 1'000},
                                          {"B", 1}}};
constexpr std::uint64_t longest_duration = 10'000ULL * 86'400'000;
constexpr std::uint64_t largest_size = std::numeric_limits<std::int64_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::optional<std::uint64_t> take_number(std::string_view& text)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || text.empty() || !is_digit(text.front())) {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::string_view take_letters(std::string_view& text)
{
    std::size_t length = 0;
    while (length < text.size() && is_letter(text[length])) {
        ++length;
    }
    const auto letters = text.substr(0, length);
    text.remove_prefix(length);
    return letters;
}

} // namespace

std::optional<duration> parse_duration(std::string_view text)
{
    if (text == "0") {
        return duration{0};
    }
    std::uint64_t total = 0;
    std::size_t next_unit = 0; // units may only get smaller
    do {
        const auto number = take_number(text);
        const auto suffix = take_letters(text);
        while (next_unit < duration_units.size() && duration_units[next_unit].suffix != suffix) {
            ++next_unit;
        }
        if (!number || next_unit == duration_units.size()) {
            return std::nullopt;
        }
        const auto factor = duration_units[next_unit].factor;
        if (*number > longest_duration / factor || total + *number * factor > longest_duration) {
            return std::nullopt;
        }
        total += *number * factor;
        ++next_unit;
    } while (!text.empty());
    return duration{static_cast<duration::rep>(total)};
}

std::optional<byte_count> parse_byte_count(std::string_view text)
{
    const auto number = take_number(text);
    if (!number) {
        return std::nullopt;
    }
    std::uint64_t factor = text.empty() ? 1 : 0;
    for (const auto& unit : size_units) {
        factor = unit.suffix == text ? unit.factor : factor;
    }
    if (factor == 0 || *number > largest_size / factor) {
        return std::nullopt;
    }
    return *number * factor;
}

std::optional<double> parse_rate(std::string_view text)
{
    constexpr double most = 1e9;
    const auto slash = text.find('/');
    if (slash == text.npos) {
        return std::nullopt;
    }
    const auto units = parse_byte_count(text.substr(0, slash));
    const auto time = text.substr(slash + 1);
    const double seconds = time == "s" ? 1 : time == "min" ? 60 : 0;
    if (!units || *units == 0 || seconds == 0) {
        return std::nullopt;
    }
    const double rate = static_cast<double>(*units) / seconds;
    return rate <= most ? std::optional(rate) : std::nullopt;
}

std::optional<std::uint32_t> parse_percent(std::string_view text)
{
    const auto number = take_number(text);
    return number && *number <= 100 && text == "%" ? std::optional(static_cast<std::uint32_t>(*number))
                                                   : std::nullopt;
}

std::string format_duration(duration value)
{
    auto rest = static_cast<std::uint64_t>(value.count());
    if (value.count() <= 0) {
        return "0";
    }
    std::string text;
    for (const auto& unit : duration_units) {
        // Whole days read as hours up to two days, as people write them.
        if (unit.suffix == "d" && rest < 2 * unit.factor) {
            continue;
        }
        if (const auto count = rest / unit.factor; count != 0) {
            text += std::to_string(count);
            text += unit.suffix;
            rest %= unit.factor;
        }
    }
    return text;
}

std::string format_byte_count(byte_count value)
{
    for (const auto& unit : {size_units[0], size_units[1], size_units[2]}) {
        if (value != 0 && value % unit.factor == 0) {
            return std::to_string(value / unit.factor) + std::string(unit.suffix);
        }
    }
    return std::to_string(value);
}

} // namespace fairlead::conf
