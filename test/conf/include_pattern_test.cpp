#include "conf/include_pattern.hpp"
#include "test/conf/scratch_folder.hpp"

#include <doctest/doctest.h>

namespace fairlead::conf {

namespace {

std::string names_of(const include_match& match)
{
    std::string names;
    for (const auto& file : match.files) {
        names += file.filename().string() + " ";
    }
    return names;
}

} // namespace

TEST_CASE("a pattern finds files in the order of their names, and no folders")
{
    const scratch_folder folder;
    folder.write("d/b.toml", "");
    folder.write("d/B.toml", "");
    folder.write("d/a.toml", "");
    folder.write("d/c.toml/inner", "");
    folder.write("d/e.txt", "");
    CHECK(names_of(find_included(folder.path(), "d/*.toml")) == "B.toml a.toml b.toml ");
    CHECK(names_of(find_included(folder.path(), "d/?.t[xo]*t")) == "e.txt ");
    CHECK(names_of(find_included("elsewhere", (folder.path() / "d/[ab].toml").string())) == "a.toml b.toml ");
    CHECK(find_included(folder.path(), "none/*.toml").files.empty());
    CHECK(find_included(folder.path(), "none/*.toml").problem.empty());
}

TEST_CASE("a path without a wildcard names its file, whether it exists or not")
{
    CHECK(find_included("f", "a.toml").files == std::vector<std::filesystem::path>{"f/a.toml"});
    CHECK(find_included("", "a.toml").files == std::vector<std::filesystem::path>{"a.toml"});
    CHECK(find_included("f", "/x/a.toml").files == std::vector<std::filesystem::path>{"/x/a.toml"});
    CHECK_FALSE(find_included("f", "").problem.empty());
    CHECK_FALSE(find_included("f", std::string_view("a\0b", 3)).problem.empty());
}

TEST_CASE("wildcards in the folder's own name are plain characters")
{
    const scratch_folder folder;
    folder.write("a[1]*/x.toml", "");
    folder.write("a1b/y.toml", "");
    CHECK(names_of(find_included(folder.path() / "a[1]*", "*.toml")) == "x.toml ");
}

TEST_CASE("a pattern's folder is what of it is no pattern")
{
    CHECK(folder_of_pattern("f", "routes.d/*.toml") == "f/routes.d");
    CHECK(folder_of_pattern("f", "a.toml") == "f");
    CHECK(folder_of_pattern("f", "tenants/*/routes/*.toml") == "f/tenants");
    CHECK(folder_of_pattern("f", "*/a.toml") == "f");
    CHECK(folder_of_pattern("f", "/etc/x/*.toml") == "/etc/x");
    CHECK(folder_of_pattern("f", "/*/a.toml") == "/");
}

} // namespace fairlead::conf
