#include "conf/file_key.hpp"

#include <filesystem>

namespace fairlead::conf {

std::string text_in_file(const table_reader& table, std::string_view name)
{
    std::string file;
    table.read(name, file);
    if (file.empty()) return {};
    const auto folder = std::filesystem::path(table.file().name()).parent_path();
    auto result = read_text(folder / file);
    if (!result.problem.empty()) table.report(name, in_quotes(file) + " " + result.problem);
    return std::move(result.text);
}

std::string secret_in_file(const table_reader& table, std::string_view name)
{
    std::string text = text_in_file(table, name);
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.pop_back();
    return text;
}

} // namespace fairlead::conf
