// A table of `fairlead top`: names and numbers, sorted by any column, and the lines that it comes to.
//
// Lines are at most as wide as the screen, cut between characters. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::cli {

enum class top_unit
{
    text,
    count,
    rate, // of a second
    bytes_rate,
    seconds,
    milliseconds,
};

struct top_cell
{
    std::string text; // of a text column
    double value = 0; // of the others
};

struct top_column
{
    std::string title;
    top_unit unit = top_unit::count;
};

struct top_table
{
    std::string name;
    std::vector<top_column> columns;
    std::vector<std::vector<top_cell>> rows; // a cell for each column

    // The column of that title, or none: columns.size().
    std::size_t find(std::string_view title) const;

    // Texts from a to z, numbers the greatest first; `reversed` the other way round. Rows that are level stay
    // in their order.
    void sort(std::size_t column, bool reversed);

    // The titles, then the rows from `first` on, `most` lines altogether. The column it is sorted by has a
    // mark.
    std::vector<std::string> lines(std::size_t sorted_by, std::size_t first, std::size_t most,
                                   std::size_t width) const;
};

std::string cell_text(const top_cell& cell, top_unit unit);

// The longest beginning of at most `width` characters.
std::string cut(std::string_view text, std::size_t width);

} // namespace fairlead::cli
