#include "proxy/cli/man_page.hpp"

#include "proxy/cli/exit_codes.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace fairlead::cli {
namespace {

constexpr std::string_view description = R"(.SH DESCRIPTION
Fairlead stands in front of web applications as a reverse proxy.
It routes requests by host, path and header to pools of backends,
performs WebSocket upgrades and follows every tunnel while it lives,
dials from pools of source addresses, and tells Prometheus about all of it.
.PP
One process is started with
.BR "fairlead run" ;
the other commands check its configuration,
or ask that process on its admin listener.
)";

constexpr std::string_view files = R"(.SH FILES
.TP
.I /etc/fairlead/fairlead.toml
The configuration, in TOML.
It may include route files.
.TP
.I /run/fairlead/admin.sock
Where commands ask the process, unless
.B \-\-admin
says otherwise.
.SH ENVIRONMENT
.TP
.B FAIRLEAD_TOKEN_FILE, FAIRLEAD_TOKEN
A file with the token for the admin listener, or that token itself, where
.B \-\-token\-file
is not given.
.TP
.B NO_COLOR
Set to anything but nothing: no colours, on a terminal either.
.SH SIGNALS
.TP
.B SIGTERM, SIGINT
Drain: no new connections, requests under way finish,
tunnels get a Close between two frames over
.IR drain.window .
A second one ends the process at once.
.TP
.B SIGHUP
Reload.
A configuration with an error changes nothing.
.SH EXAMPLES
.nf
fairlead check /etc/fairlead/fairlead.toml
fairlead plan /etc/fairlead/fairlead.toml \-\-connections 100000
fairlead reload \-\-dry\-run
fairlead drain \-\-backend chat/10.0.0.11:9000 \-\-wait
fairlead connections \-\-route chat \-\-sort bytes \-\-limit 20
.fi
.SH SEE ALSO
.BR promtool (1),
.BR systemd.service (5)
.PP
The pages of
.I docs/
in the source tree: operations, configuration, metrics, monitoring.
)";

// As roff takes it: no dash that becomes a hyphen, no line that is a request.
std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '\\')
            out += "\\e";
        else if (c == '-')
            out += "\\-";
        else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
            out += std::string("\\&") + c;
        else
            out += c;
    }
    return out;
}

// Each sentence on lines of its own, none of more than 80 bytes.
std::string sentence(std::string_view text)
{
    constexpr std::size_t widest = 79;
    std::string plain(text);
    if (!plain.ends_with('.')) plain += '.';
    std::string out;
    std::string line;
    for (std::size_t at = 0; at < plain.size();) {
        const std::size_t end = std::min(plain.find(' ', at), plain.size());
        const std::string word = escaped(std::string_view(plain).substr(at, end - at));
        if (!line.empty() && line.size() + 1 + word.size() > widest) {
            out += line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
        if (word.ends_with('.')) {
            out += line + "\n";
            line.clear();
        }
        at = end + 1;
    }
    return line.empty() ? out : out + line + "\n";
}

std::string option_entry(const option_model& option)
{
    std::string out = ".TP\n";
    std::string names;
    for (const auto& name : option.names)
        names += (names.empty() ? "\\fB" : ", \\fB") + escaped(name) + "\\fR";
    out += names + (option.value.empty() ? "" : " \\fI" + escaped(option.value) + "\\fR") + "\n";
    out += sentence(option.text);
    if (!option.preset.empty()) out += "By default " + escaped(option.preset) + ".\n";
    return out;
}

std::string command_entry(const command_model& command, const std::string& path)
{
    std::string out = ".SS " + escaped(path) + "\n" + sentence(command.text);
    for (const auto& positional : command.positionals)
        out += option_entry(positional);
    for (const auto& option : command.options) {
        if (option.names.front() != "--help") out += option_entry(option);
    }
    for (const auto& each : command.commands)
        out += command_entry(each, path + " " + each.name);
    return out;
}

std::string exit_status()
{
    std::string out = ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] : exit_codes)
        out += ".TP\n.B " + std::to_string(code) + "\n" + sentence(meaning);
    return out;
}

} // namespace

std::string man_page(const command_model& program, const std::string& version)
{
    std::string out = ".TH FAIRLEAD 1 2026-11-28 \"Fairlead " + version +
                      "\" \"Fairlead\"\n.SH NAME\nfairlead \\- WebSocket\\-aware L7 reverse proxy\n"
                      ".SH SYNOPSIS\n.B fairlead\n.I command\n.RI [ option ...]\n";
    out += description;
    out += ".SH COMMANDS\nEach has\n.BR \\-\\-help .\nThose that tell something tell it as JSON with\n"
           ".BR \\-\\-json .\n";
    for (const auto& command : program.commands)
        out += command_entry(command, command.name);
    out += exit_status();
    out += files;
    return out;
}

} // namespace fairlead::cli
