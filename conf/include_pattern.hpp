// Finds the files that an `include` pattern names.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

struct include_match
{
    std::vector<std::filesystem::path> files; // sorted by name, byte by byte
    std::string problem;                      // "" or what is wrong with the pattern
};

// Expands *, ? and [...] as glob(7) does, from `folder` for a relative pattern; the folder's own name is
// never a pattern. Folders that match a wildcard are skipped. A pattern without a wildcard names one file,
// which need not exist: opening it says so. Blocks.
include_match find_included(const std::filesystem::path& folder, std::string_view pattern);

// The folder in which such a pattern looks for files, without what is a pattern of its own.
std::filesystem::path folder_of_pattern(const std::filesystem::path& folder, std::string_view pattern);

} // namespace fairlead::conf
