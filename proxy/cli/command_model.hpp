// The command line as data: what CLI11 was told of commands and options, for who writes completions and the
// manual page of it. Hidden commands and options are left out. Strings are copies. Pure; any thread.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace fairlead::cli {

struct option_model
{
    std::vector<std::string> names; // "--config" before "-c"; one without dashes is a positional argument's
    std::string value;              // what it takes: "FILE", "ROUTE", "age|bytes"; empty: it is a flag
    std::string text;
    std::string preset;
    bool is_required = false;
};

struct command_model
{
    std::string name;
    std::string text;
    std::vector<option_model> options;
    std::vector<option_model> positionals;
    std::vector<command_model> commands;
};

command_model model_of(const CLI::App& app);

// What a value can be completed to.
enum class value_kind
{
    nothing, // a flag takes none
    any,     // a duration, a number, ...: nobody knows
    file,
    word, // one of those between the bars
    live, // a name that a running process knows
};

value_kind kind_of(const option_model& option);
std::vector<std::string> words_of(const option_model& option); // of a `word`

} // namespace fairlead::cli
