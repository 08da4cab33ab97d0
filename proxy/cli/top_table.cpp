#include "proxy/cli/top_table.hpp"

#include "proxy/plan/number_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace fairlead::cli {
namespace {

std::string whole(double value)
{
    return plan::grouped(static_cast<std::uint64_t>(std::llround(std::max(0.0, value))));
}

// One decimal where it tells something.
std::string short_number(double value)
{
    if (value == 0 || value >= 100) return whole(value);
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.1f", value);
    return digits.data();
}

std::string age(double seconds)
{
    if (seconds >= 2 * 86'400) return whole(std::floor(seconds / 86'400)) + " d";
    if (seconds >= 2 * 3'600) return whole(std::floor(seconds / 3'600)) + " h";
    if (seconds >= 2 * 60) return whole(std::floor(seconds / 60)) + " m";
    return whole(std::floor(seconds)) + " s";
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t characters(std::string_view text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string padded(const std::string& text, std::size_t width, bool at_right)
{
    const std::string space(width - std::min(width, characters(text)), ' ');
    return at_right ? space + text : text + space;
}

} // namespace

std::string cut(std::string_view text, std::size_t width)
{
    std::size_t seen = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!is_continuation(text[at]) && seen++ == width) return std::string(text.substr(0, at));
    }
    return std::string(text);
}

std::string cell_text(const top_cell& cell, top_unit unit)
{
    switch (unit) {
    case top_unit::text: return cell.text;
    case top_unit::count: return whole(cell.value);
    case top_unit::rate: return short_number(cell.value);
    case top_unit::bytes_rate:
        return plan::bytes_text(static_cast<std::uint64_t>(std::llround(std::max(0.0, cell.value))));
    case top_unit::seconds: return age(cell.value);
    case top_unit::milliseconds: return cell.value == 0 ? std::string() : short_number(cell.value);
    }
    return {};
}

std::size_t top_table::find(std::string_view title) const
{
    const auto found = std::ranges::find(columns, title, &top_column::title);
    return static_cast<std::size_t>(found - columns.begin());
}

void top_table::sort(std::size_t column, bool reversed)
{
    const bool by_text = columns.at(column).unit == top_unit::text;
    std::ranges::stable_sort(rows, [&](const auto& a, const auto& b) {
        const top_cell& first = reversed ? b[column] : a[column];
        const top_cell& second = reversed ? a[column] : b[column];
        return by_text ? first.text < second.text : first.value > second.value;
    });
}

std::vector<std::string> top_table::lines(std::size_t sorted_by, std::size_t first, std::size_t most,
                                          std::size_t width) const
{
    std::vector<std::vector<std::string>> texts;
    texts.emplace_back();
    for (std::size_t at = 0; at < columns.size(); ++at)
        texts.back().push_back(columns[at].title + (at == sorted_by ? "*" : ""));
    for (std::size_t row = first; row < rows.size() && texts.size() < most; ++row) {
        texts.emplace_back();
        for (std::size_t at = 0; at < columns.size(); ++at)
            texts.back().push_back(cell_text(rows[row][at], columns[at].unit));
    }
    std::vector<std::size_t> widths(columns.size());
    for (const auto& row : texts) {
        for (std::size_t at = 0; at < row.size(); ++at)
            widths[at] = std::max(widths[at], characters(row[at]));
    }
    std::vector<std::string> out;
    for (const auto& row : texts) {
        std::string line;
        for (std::size_t at = 0; at < row.size(); ++at)
            line += (at == 0 ? "" : "  ") + padded(row[at], widths[at], columns[at].unit != top_unit::text);
        line.erase(line.find_last_not_of(' ') + 1);
        out.push_back(cut(line, width));
    }
    return out;
}

} // namespace fairlead::cli
