#include "proxy/cli/completion_script.hpp"

#include <functional>
#include <string_view>

namespace fairlead::cli {
namespace {

using strings = std::vector<std::string>;

std::string joined(const strings& words, std::string_view between)
{
    std::string out;
    for (const auto& word : words)
        out += (out.empty() ? "" : std::string(between)) + word;
    return out;
}

// Between single quotes; `escape` is how the shell writes one inside.
std::string quoted(std::string_view text, std::string_view escape = R"('\'')")
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'')
            out += escape;
        else
            out += c;
    }
    return out + "'";
}

// Each command with the words that lead to it: "", "drain", "backends eject".
void for_each_command(const command_model& command, const std::string& path,
                      const std::function<void(const command_model&, const std::string&)>& use)
{
    use(command, path);
    for (const auto& each : command.commands)
        for_each_command(each, path.empty() ? each.name : path + " " + each.name, use);
}

// Patterns of "<command so far> <word>" for words that go one command deeper.
strings steps(const command_model& program)
{
    strings out;
    for_each_command(program, "", [&](const command_model& command, const std::string& path) {
        for (const auto& each : command.commands)
            out.push_back(quoted(path + " " + each.name));
    });
    return out;
}

strings names_of(const std::vector<command_model>& commands)
{
    strings out;
    for (const auto& each : commands)
        out.push_back(each.name);
    return out;
}

strings flags_of(const command_model& command)
{
    strings out;
    for (const auto& option : command.options)
        out.insert(out.end(), option.names.begin(), option.names.end());
    return out;
}

std::string bash_values(const option_model& option)
{
    switch (kind_of(option)) {
    case value_kind::nothing:
    case value_kind::any: return ":";
    case value_kind::file: return "_fairlead_files";
    case value_kind::word: return "_fairlead_offer " + quoted(joined(words_of(option), " "));
    case value_kind::live: return "_fairlead_live " + option.value;
    }
    return ":";
}

// What stands after an option that takes a value is that value.
std::string bash_option_cases(const command_model& program)
{
    std::string out;
    for_each_command(program, "", [&](const command_model& command, const std::string& path) {
        for (const auto& option : command.options) {
            if (option.value.empty()) continue;
            strings patterns;
            for (const auto& name : option.names)
                patterns.push_back(quoted(path + " " + name));
            out += "        " + joined(patterns, "|") + ") " + bash_values(option) + "; return ;;\n";
        }
    });
    return out;
}

std::string bash_command_cases(const command_model& program)
{
    std::string out;
    for_each_command(program, "", [&](const command_model& command, const std::string& path) {
        out += "        " + quoted(path) + ")\n";
        out += "            _fairlead_offer " +
               quoted(joined(flags_of(command), " ") + " " + joined(names_of(command.commands), " ")) + "\n";
        for (const auto& positional : command.positionals)
            out += "            [[ $current == -* ]] || " + bash_values(positional) + "\n";
        out += "            ;;\n";
    });
    return out;
}

// `:` and `[` mean something in a specification of _arguments and _describe.
std::string zsh_text(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == ':' || c == '[' || c == ']') out += '\\';
        out += c;
    }
    return out;
}

std::string zsh_values(const option_model& option)
{
    switch (kind_of(option)) {
    case value_kind::nothing: return "";
    case value_kind::any: return ":" + zsh_text(option.value) + ": ";
    case value_kind::file: return ":file:_files";
    case value_kind::word: return ":" + option.names.front() + ":(" + joined(words_of(option), " ") + ")";
    case value_kind::live: return ":" + option.value + ":_fairlead_live " + option.value;
    }
    return "";
}

std::string zsh_command(const command_model& command, const std::string& path)
{
    std::string out = "        " + quoted(path) + ")\n";
    if (!command.commands.empty()) {
        out += "            commands=(\n";
        for (const auto& each : command.commands)
            out += "                " + quoted(each.name + ":" + zsh_text(each.text)) + "\n";
        out += "            )\n            _describe -t commands command commands\n";
    }
    out += "            _arguments";
    for (const auto& option : command.options) {
        for (const auto& name : option.names)
            out += " \\\n                " +
                   quoted(name + "[" + zsh_text(option.text) + "]" + zsh_values(option));
    }
    for (const auto& positional : command.positionals)
        out += " \\\n                " + quoted("*" + zsh_values(positional));
    return out + "\n            ;;\n";
}

std::string fish_option(const option_model& option)
{
    std::string out;
    for (const auto& name : option.names) {
        if (name.starts_with("--"))
            out += " -l " + name.substr(2);
        else if (name.starts_with("-"))
            out += " -s " + name.substr(1);
    }
    switch (kind_of(option)) {
    case value_kind::nothing: break;
    case value_kind::any: out += " -x"; break;
    case value_kind::file: out += " -r -F"; break;
    case value_kind::word: out += " -x -a " + quoted(joined(words_of(option), " ")); break;
    case value_kind::live: out += " -x -a '(__fairlead_live " + option.value + ")'"; break;
    }
    return out;
}

} // namespace

std::string bash_completion(const command_model& program)
{
    return R"sh(# Completion of fairlead for bash: source <(fairlead completion bash)
_fairlead_offer() {
    local word rest=""
    # Readline completes what is behind the last colon, and wants no more than that.
    if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then rest=${current%"${current##*:}"}; fi
    while IFS= read -r word; do COMPREPLY+=("${word#"$rest"}"); done < <(compgen -W "$1" -- "$current")
}
_fairlead_live() {
    _fairlead_offer "$("${words[0]}" completion --values "$1" "${admin[@]}" 2>/dev/null)"
}
_fairlead_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
_fairlead() {
    local line=${COMP_LINE:0:COMP_POINT} words=() current="" command="" admin=() index
    COMPREPLY=()
    read -ra words <<<"$line"
    if [[ $line != *[[:space:]] ]]; then
        current=${words[-1]}
        unset 'words[-1]'
    fi
    for index in "${!words[@]}"; do
        if [[ ${words[index]} == --admin && -n ${words[index + 1]:-} ]]; then
            admin=(--admin "${words[index + 1]}")
        fi
        case "$command ${words[index]}" in
        )sh" +
           joined(steps(program), "|") +
           R"sh() command="${command:+$command }${words[index]}" ;;
        esac
    done
    case "$command ${words[-1]}" in
)sh" + bash_option_cases(program) +
           R"sh(    esac
    case $command in
)sh" + bash_command_cases(program) +
           R"sh(    esac
}
complete -F _fairlead fairlead
)sh";
}

std::string zsh_completion(const command_model& program)
{
    std::string cases;
    for_each_command(program, "", [&](const command_model& command, const std::string& path) {
        cases += zsh_command(command, path);
    });
    return R"sh(#compdef fairlead
# Completion of fairlead for zsh: source <(fairlead completion zsh), behind compinit.
_fairlead_live() {
    local -a names
    names=(${(f)"$($fairlead completion --values $1 2>/dev/null)"})
    compadd -a names
}
_fairlead() {
    local command="" word fairlead=$words[1]
    local -a commands
    local -i depth=0
    for word in ${words[2,CURRENT-1]}; do
        case "$command $word" in
        )sh" +
           joined(steps(program), "|") +
           R"sh() command="${command:+$command }$word"; depth+=1 ;;
        esac
    done
    # To _arguments the last of them is the command.
    for ((; depth > 0; --depth)); do
        shift words
        CURRENT=$((CURRENT - 1))
    done
    case $command in
)sh" + cases +
           R"sh(    esac
}
if [[ $funcstack[1] == _fairlead ]]; then _fairlead "$@"; else compdef _fairlead fairlead; fi
)sh";
}

std::string fish_completion(const command_model& program)
{
    std::string out = R"sh(# Completion of fairlead for fish: fairlead completion fish | source
function __fairlead_in
    set -l command
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
            case )sh" +
                      joined(steps(program), " ") +
                      R"sh(
                set command (string trim "$command $word")
        end
    end
    test "$command" = "$argv[1]"
end
function __fairlead_live
    set -l program (commandline -opc)[1]
    $program completion --values $argv[1] 2>/dev/null
end
complete -c fairlead -f
)sh";
    constexpr std::string_view escape = R"(\')";
    for_each_command(program, "", [&](const command_model& command, const std::string& path) {
        const std::string here = "complete -c fairlead -n \"__fairlead_in '" + path + "'\"";
        for (const auto& each : command.commands)
            out += here + " -a " + each.name + " -d " + quoted(each.text, escape) + "\n";
        for (const auto& option : command.options)
            out += here + fish_option(option) + " -d " + quoted(option.text, escape) + "\n";
        for (const auto& positional : command.positionals)
            out += here + fish_option(positional) + "\n";
    });
    return out;
}

} // namespace fairlead::cli
