#include "proxy/plan/text_table.hpp"

#include <algorithm>

namespace fairlead::plan {

void text_table::add(std::vector<std::string> entries)
{
    for (auto& entry : entries) {
        if (entry.size() <= widest_entry) continue;
        entry.resize(widest_entry - 3);
        entry += "...";
    }
    entries.resize(columns_.size());
    rows_.push_back(std::move(entries));
}

std::string text_table::text() const
{
    std::vector<std::size_t> widths;
    std::vector<std::string> titles;
    for (std::size_t at = 0; at < columns_.size(); ++at) {
        titles.push_back(columns_[at].title);
        widths.push_back(titles.back().size());
        for (const auto& row : rows_)
            widths[at] = std::max(widths[at], row[at].size());
    }
    std::string out;
    const auto add_line = [&](const std::vector<std::string>& row) {
        std::string line = " ";
        for (std::size_t at = 0; at < row.size(); ++at) {
            const std::size_t gap = widths[at] - row[at].size();
            line.append(at == 0 ? 1 : 2, ' ');
            if (columns_[at].is_number) line.append(gap, ' ');
            line.append(row[at]);
            if (!columns_[at].is_number) line.append(gap, ' ');
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    };
    add_line(titles);
    for (const auto& row : rows_)
        add_line(row);
    return out;
}

std::string wrapped(std::string_view text, std::size_t first, std::size_t rest, std::size_t width)
{
    std::string out(first, ' ');
    std::size_t used = first;
    bool is_line_start = true;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (!is_line_start && used + 1 + end > width) {
            out += "\n" + std::string(rest, ' ');
            used = rest;
            is_line_start = true;
        }
        if (!is_line_start) {
            out += ' ';
            ++used;
        }
        out += text.substr(0, end);
        used += end;
        is_line_start = false;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out + "\n";
}

} // namespace fairlead::plan
