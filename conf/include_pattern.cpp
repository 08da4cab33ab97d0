#include "conf/include_pattern.hpp"

#include <glob.h>

#include <algorithm>

namespace fairlead::conf {

namespace {

constexpr std::string_view wildcards = "*?[";

std::string escape_wildcards(std::string_view text)
{
    std::string escaped;
    for (const char c : text) {
        if (c == '\\' || wildcards.find(c) != wildcards.npos) {
            escaped += '\\';
        }
        escaped += c;
    }
    return escaped;
}

// Releases what glob(3) allocated.
class glob_matches
{
public:
    explicit glob_matches(const std::string& pattern)
        : status_(glob(pattern.c_str(), 0, nullptr, &found_))
    {}
    glob_matches(const glob_matches&) = delete;
    glob_matches& operator=(const glob_matches&) = delete;
    ~glob_matches() { globfree(&found_); }

    bool failed() const { return status_ != 0 && status_ != GLOB_NOMATCH; }

    std::vector<std::filesystem::path> files() const
    {
        std::vector<std::filesystem::path> files;
        for (std::size_t i = 0; i < found_.gl_pathc; ++i) {
            std::error_code ignored; // what cannot be looked at is reported when it is opened
            if (!std::filesystem::is_directory(found_.gl_pathv[i], ignored)) {
                files.emplace_back(found_.gl_pathv[i]);
            }
        }
        return files;
    }

private:
    glob_t found_{};
    int status_;
};

} // namespace

include_match find_included(const std::filesystem::path& folder, std::string_view pattern)
{
    if (pattern.empty() || pattern.find('\0') != pattern.npos) {
        return {.files = {}, .problem = "wants a path or a pattern such as \"routes.d/*.toml\""};
    }
    const bool is_absolute = pattern.front() == '/';
    if (pattern.find_first_of(wildcards) == pattern.npos) {
        return {.files = {is_absolute ? std::filesystem::path(pattern) : folder / pattern}, .problem = ""};
    }
    const auto prefix = folder.empty() || is_absolute ? "" : escape_wildcards(folder.string()) + "/";
    const glob_matches matches(prefix + std::string(pattern));
    if (matches.failed()) {
        return {.files = {}, .problem = "the folder cannot be read"};
    }
    include_match result{.files = matches.files(), .problem = ""};
    std::ranges::sort(result.files, {}, [](const auto& file) { return file.string(); });
    return result;
}

std::filesystem::path folder_of_pattern(const std::filesystem::path& folder, std::string_view pattern)
{
    auto found = std::filesystem::path(pattern).parent_path();
    while (found.native().find_first_of(wildcards) != std::string::npos) {
        found = found.parent_path();
    }
    return found.empty() ? folder : folder / found; // an absolute one replaces the folder
}

} // namespace fairlead::conf
