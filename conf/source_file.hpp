// The text of one configuration file, with its lines at hand.
//
// A byte order mark at the start is dropped. Lines end at LF; a CR before it is not part of the line.
// Immutable; errors refer to it by reference, so it outlives the diagnostics that quote it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

class source_file
{
public:
    static constexpr std::size_t max_bytes = 16ULL * 1024 * 1024;

    source_file(std::string name, std::string text);

    const std::string& name() const { return name_; }
    std::string_view text() const { return text_; }

    // The line with that 1-based number; "" where there is none.
    std::string_view line(std::uint32_t number) const;

private:
    std::string name_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
};

struct read_text_result
{
    std::string text;
    std::string
        problem; // "" when the text was read: "cannot be opened: Permission denied", "is a directory"...
};

// The whole file, which may be a pipe; at most source_file::max_bytes. Blocks.
read_text_result read_text(const std::filesystem::path& file);

} // namespace fairlead::conf
