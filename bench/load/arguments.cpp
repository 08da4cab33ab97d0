#include "bench/load/arguments.hpp"

#include <charconv>
#include <stdexcept>

namespace fairlead::bench {

arguments::arguments(std::span<char* const> words)
{
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const std::string_view name{words[i]};
        if (!name.starts_with("--") || i + 1 == words.size())
            throw std::invalid_argument{"expected --option VALUE, got " + std::string{name}};
        values_.emplace(name, words[i + 1]);
    }
}

std::vector<std::string> arguments::texts(std::string_view name)
{
    asked_.emplace(name);
    std::vector<std::string> found;
    const auto [begin, end] = values_.equal_range(name);
    for (auto it = begin; it != end; ++it)
        found.push_back(it->second);
    return found;
}

std::string arguments::text(std::string_view name)
{
    auto found = texts(name);
    if (found.size() != 1) throw std::invalid_argument{std::string{name} + " is required, once"};
    return std::move(found.front());
}

std::uint64_t arguments::number(std::string_view name, number_range range)
{
    const auto found = texts(name);
    if (found.empty()) return range.preset;
    const std::string& last = found.back();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), value);
    if (error != std::errc{} || end != last.data() + last.size() || value < range.lowest ||
        value > range.highest)
        throw std::invalid_argument{std::string{name} + " must be a number from " +
                                    std::to_string(range.lowest) + " to " + std::to_string(range.highest) +
                                    ", got " + last};
    return value;
}

void arguments::reject_unknown() const
{
    for (const auto& [name, value] : values_)
        if (!asked_.contains(name)) throw std::invalid_argument{"unknown option " + name};
}

} // namespace fairlead::bench
