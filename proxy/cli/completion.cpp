#include "proxy/cli/completion.hpp"

#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/completion_script.hpp"
#include "proxy/cli/json_members.hpp"

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <set>
#include <string_view>

namespace fairlead::cli {
namespace {

constexpr std::chrono::seconds patience{2}; // somebody has pressed Tab

std::set<std::string> live_names(const completion_command& how)
{
    std::set<std::string> out;
    const admin_document told = ask(how.admin, "GET", "/status", patience);
    const auto add = [&](std::string_view section, std::string_view name) {
        for_each(told.body, section, [&](const json::object& each) { out.insert(text(each, name)); });
    };
    if (how.values == "ROUTE") add("routes", "route");
    if (how.values == "POOL") add("pools", "pool");
    if (how.values == "POOL/ADDRESS")
        for_each(told.body, "backends", [&](const json::object& each) {
            out.insert(text(each, "pool") + "/" + text(each, "backend"));
        });
    return out;
}

} // namespace

int complete(const completion_command& how, const command_model& program)
{
    if (how.values.empty()) {
        std::cout << (how.shell == "bash"  ? bash_completion(program)
                      : how.shell == "zsh" ? zsh_completion(program)
                                           : fish_completion(program));
        return EXIT_SUCCESS;
    }
    try {
        for (const auto& name : live_names(how))
            std::cout << name << '\n';
        return EXIT_SUCCESS;
    } catch (const std::exception&) {
        return EXIT_FAILURE;
    }
}

} // namespace fairlead::cli
