// The files of the dashboard, embedded by the build as they lie in this folder.
//
// They need nothing but the listener they come from. Paths are those of the admin listener: "/" for
// index.html, "/dashboard/NAME" for the others. Thread: any. Lifetime: the program's.
#pragma once

#include <span>
#include <string_view>

namespace fairlead::dashboard {

struct page_file
{
    std::string_view path;
    std::string_view type; // as Content-Type says it
    std::string_view text; // UTF-8
};

std::span<const page_file> page_files();

} // namespace fairlead::dashboard
