#include "proxy/cli/command_model.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace fairlead::cli {
namespace {

option_model model_of(const CLI::Option& option)
{
    option_model out;
    for (const auto& name : option.get_lnames())
        out.names.push_back("--" + name);
    for (const auto& name : option.get_snames())
        out.names.push_back("-" + name);
    if (option.get_positional()) out.names.push_back(option.get_name(true));
    if (option.get_items_expected_max() != 0) out.value = option.get_type_name();
    out.text = option.get_description();
    out.preset = option.get_default_str();
    out.is_required = option.get_required();
    return out;
}

// Groups of options are commands without a name to CLI11.
void add_options(const CLI::App& from, command_model& to)
{
    for (const CLI::Option* option : from.get_options()) {
        if (option->get_group().empty()) continue;
        auto& list = option->get_positional() ? to.positionals : to.options;
        list.push_back(model_of(*option));
    }
    for (const CLI::App* group : from.get_subcommands([](const CLI::App*) { return true; })) {
        if (group->get_name().empty()) add_options(*group, to);
    }
}

} // namespace

command_model model_of(const CLI::App& app)
{
    command_model out{app.get_name(), app.get_description(), {}, {}, {}};
    add_options(app, out);
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (!command->get_name().empty() && !command->get_group().empty())
            out.commands.push_back(model_of(*command));
    }
    return out;
}

value_kind kind_of(const option_model& option)
{
    constexpr std::array<std::string_view, 3> live{"ROUTE", "POOL", "POOL/ADDRESS"};
    if (option.value.empty()) return value_kind::nothing;
    if (option.value == "FILE") return value_kind::file;
    if (option.value.find('|') != option.value.npos) return value_kind::word;
    return std::find(live.begin(), live.end(), option.value) != live.end() ? value_kind::live
                                                                           : value_kind::any;
}

std::vector<std::string> words_of(const option_model& option)
{
    std::vector<std::string> out;
    std::size_t begin = 0;
    while (begin <= option.value.size()) {
        const std::size_t end = std::min(option.value.find('|', begin), option.value.size());
        out.push_back(option.value.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

} // namespace fairlead::cli
