#include "conf/diagnostics.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_quote = 60;
constexpr std::size_t widest_excerpt = 140; // code points of a line that are shown
constexpr std::size_t shown_before_caret = 60;
constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

// The bytes of the well-formed code point at the start of text, or 0 (Unicode 15, table 3-7).
std::size_t code_point_length(std::string_view text)
{
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    const unsigned first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xC2 && first <= 0xDF) {
        return continues(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const bool is_long_form = first == 0xE0 && byte(1) < 0xA0;
        const bool is_surrogate = first == 0xED && byte(1) >= 0xA0;
        return continues(1) && continues(2) && !is_long_form && !is_surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool is_out_of_range = (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90);
        return continues(1) && continues(2) && continues(3) && !is_out_of_range ? 4 : 0;
    }
    return 0;
}

// The code points of a line, each fit for a terminal: what a terminal would act on is replaced.
std::vector<std::string> printable_code_points(std::string_view text)
{
    std::vector<std::string> points;
    while (!text.empty()) {
        const auto length = code_point_length(text);
        const auto point = text.substr(0, std::max<std::size_t>(length, 1));
        const bool is_c0 =
            length == 1 && (point[0] == 0x7f || (point[0] >= 0 && point[0] < ' ' && point[0] != '\t'));
        const bool is_c1 = length == 2 && point[0] == '\xC2' && static_cast<unsigned char>(point[1]) < 0xA0;
        points.emplace_back(length == 0 || is_c0 || is_c1 ? replacement : point);
        text.remove_prefix(point.size());
    }
    return points;
}

std::string cut_line(std::string_view line)
{
    if (line.size() <= diagnostics::max_line_bytes) {
        return std::string(line);
    }
    auto length = diagnostics::max_line_bytes;
    while (length > 0 && (static_cast<unsigned char>(line[length]) & 0xC0u) == 0x80u) {
        --length;
    }
    return std::string(line.substr(0, length));
}

// The line, and under it the padding and the caret; a long line is shown around its caret.
std::string excerpt(const config_error& error)
{
    const auto points = printable_code_points(error.line_text);
    const std::size_t caret = error.where.column - 1;
    if (points.empty() || caret > points.size()) {
        return "";
    }
    const bool is_cut = points.size() > widest_excerpt;
    const std::size_t first = is_cut && caret > shown_before_caret ? caret - shown_before_caret : 0;
    const std::size_t last = is_cut ? std::min(first + widest_excerpt, points.size()) : points.size();
    std::string line = first > 0 ? "..." : "";
    std::string padding(line.size(), ' ');
    for (std::size_t i = first; i < last; ++i) {
        line += points[i];
        if (i < caret) {
            padding += points[i] == "\t" ? '\t' : ' ';
        }
    }
    line += last < points.size() ? "..." : "";
    const auto number = std::to_string(error.where.line);
    const std::string margin(std::max<std::size_t>(number.size(), 4), ' ');
    return "\n" + margin.substr(number.size()) + number + " | " + line + "\n" + margin + " | " + padding +
           "^";
}

} // namespace

void diagnostics::add_file(std::string name) { files_.push_back(std::move(name)); }

void diagnostics::add(const written_at& where, std::string message)
{
    errors_.push_back(
        {where.position(), where.key, std::move(message), cut_line(where.file->line(where.at.line))});
}

void diagnostics::add_for_file(std::string name, std::string message)
{
    errors_.push_back({{std::move(name), 0, 0}, "", std::move(message), ""});
}

std::vector<config_error> diagnostics::take()
{
    std::map<std::string_view, std::size_t> ranks;
    for (const auto& file : files_) {
        ranks.emplace(file, ranks.size() + 1);
    }
    const auto rank = [&](const config_error& error) {
        const auto found = ranks.find(error.where.file);
        return std::tuple(found == ranks.end() ? 0 : found->second, error.where.line, error.where.column);
    };
    std::ranges::stable_sort(errors_, {}, rank);
    return std::exchange(errors_, {});
}

std::string in_quotes(std::string_view text)
{
    std::string result = "'";
    for (const auto& point : printable_code_points(text.substr(0, longest_quote + 1))) {
        if (result.size() > longest_quote) {
            return result + "...'";
        }
        result += point == "\t" ? std::string(replacement) : point;
    }
    return result + "'";
}

std::string position_text(const source_position& where)
{
    if (where.line == 0) {
        return where.file;
    }
    return where.file + ":" + std::to_string(where.line) + ":" + std::to_string(where.column);
}

std::string format_error(const config_error& error)
{
    const std::string key = error.key.empty() ? "" : error.key + ": ";
    std::string first;
    for (const auto& point :
         printable_code_points(position_text(error.where) + ": error: " + key + error.message))
    {
        first += point;
    }
    return error.where.line == 0 ? first : first + excerpt(error);
}

} // namespace fairlead::conf
