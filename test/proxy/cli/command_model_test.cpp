#include "proxy/cli/command_model.hpp"

#include <doctest/doctest.h>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

using namespace fairlead::cli;

namespace {

struct told
{
    std::string config;
    std::string route;
    std::string hidden;
    std::string window = "30s";
    bool wait = false;
};

command_model small_program(told& to)
{
    CLI::App app("A proxy", "fairlead");
    CLI::App* const drain = app.add_subcommand("drain", "Lead everybody away");
    CLI::App* const what = drain->add_option_group("what", "What to drain");
    what->add_option("-r,--route", to.route, "A route's name")->type_name("ROUTE");
    drain->add_option("--window", to.window, "Over which time")->type_name("DURATION")->capture_default_str();
    drain->add_option("--secret", to.hidden, "Nobody's")->group("");
    drain->add_flag("--wait", to.wait, "Until it is done");
    app.add_subcommand("check", "Check a file")
        ->add_option("config", to.config, "The file")
        ->type_name("FILE")
        ->required();
    app.add_subcommand("inner", "Nobody's")->group("");
    return model_of(app);
}

const option_model* find(const command_model& of, const std::string& name)
{
    for (const auto& each : of.options) {
        for (const auto& have : each.names)
            if (have == name) return &each;
    }
    return nullptr;
}

} // namespace

TEST_CASE("commands, their options and what they take are what CLI11 was told")
{
    told to;
    const command_model program = small_program(to);
    REQUIRE(program.commands.size() == 2);
    const command_model& drain = program.commands[0];
    CHECK(drain.name == "drain");
    CHECK(drain.text == "Lead everybody away");
    REQUIRE(find(drain, "--route") != nullptr);
    CHECK(find(drain, "--route")->names == std::vector<std::string>{"--route", "-r"});
    CHECK(find(drain, "--route")->value == "ROUTE");
    CHECK(find(drain, "--window")->preset == "30s");
    CHECK(find(drain, "--wait")->value.empty());
    CHECK(find(drain, "--help") != nullptr);
    const command_model& check = program.commands[1];
    REQUIRE(check.positionals.size() == 1);
    CHECK(check.positionals[0].names == std::vector<std::string>{"config"});
    CHECK(check.positionals[0].is_required);
}

TEST_CASE("what is hidden stays so")
{
    told to;
    const command_model program = small_program(to);
    CHECK(find(program.commands[0], "--secret") == nullptr);
    for (const auto& each : program.commands)
        CHECK(each.name != "inner");
}

TEST_CASE("what a value can be completed to is told by its name")
{
    const auto kind = [](const char* value) { return kind_of({{"--x"}, value, "", "", false}); };
    CHECK(kind("") == value_kind::nothing);
    CHECK(kind("FILE") == value_kind::file);
    CHECK(kind("bash|zsh") == value_kind::word);
    CHECK(kind("ROUTE") == value_kind::live);
    CHECK(kind("POOL/ADDRESS") == value_kind::live);
    CHECK(kind("DURATION") == value_kind::any);
    CHECK(words_of({{"--x"}, "age|bytes|rtt", "", "", false}) ==
          std::vector<std::string>{"age", "bytes", "rtt"});
}
