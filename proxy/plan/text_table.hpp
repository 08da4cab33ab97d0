// Columns of text, each as wide as its widest entry, and lines that are folded at words.
//
// Widths are counted in bytes: names of pools are ASCII, those of routes are cut. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::plan {

class text_table
{
public:
    static constexpr std::size_t widest_entry = 44; // longer ones are cut, with "..." at their end

    struct column
    {
        std::string title;
        bool is_number = false; // at the right edge
    };

    explicit text_table(std::vector<column> columns)
        : columns_(std::move(columns))
    {}

    void add(std::vector<std::string> entries); // one for each column
    std::string text() const;                   // indented by two, without trailing spaces

private:
    std::vector<column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// Lines of at most `width`, where words allow it; the first is indented by `first`, the others by `rest`.
std::string wrapped(std::string_view text, std::size_t first, std::size_t rest, std::size_t width);

} // namespace fairlead::plan
