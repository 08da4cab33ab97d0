// Reads a configuration file, with the files it includes, and checks it as a whole.
//
// Errors are collected, not stopped at: the caller gets every one of them. A syntax error ends the reading of
// its own file only. Thread: any; blocking file I/O. No state.
#pragma once

#include "conf/host_facts.hpp"
#include "conf/model.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

struct config_error
{
    source_position where;
    std::string key;     // path of the key, e.g. "pool.chat.backends[1]"; "" for a syntax error
    std::string message; // what is wrong and what is wanted, e.g. "unknown key 'hots' (did you mean 'host'?)"
    std::string line_text; // the line itself, for the caret
};

struct read_result
{
    config value;                     // meaningful only when errors is empty
    std::vector<config_error> errors; // in order of file and line
    bool ok() const { return errors.empty(); }
};

// Which command a configuration is for: what has to be there. A file may hold both.
enum class config_purpose : std::uint8_t
{
    proxy, // `fairlead run`: [[listen]], [pool.NAME] and [[route]]
    npath  // `fairlead npath`: [npath.NAME]
};

// Reads `file` and what it includes; relative include patterns start at the file's own folder. Source
// addresses and ports are checked against the `host`.
read_result read_config(const std::filesystem::path& file, const host_facts& host = {},
                        config_purpose purpose = config_purpose::proxy);

// Reads from text instead of a file; `name` stands for the file in messages. include is refused.
read_result read_config_text(std::string_view text, std::string_view name, const host_facts& host = {},
                             config_purpose purpose = config_purpose::proxy);

// "name:line:column: error: key: message", then the line and a caret under the column; no final line end.
// Safe to print: control characters of the file are replaced.
std::string format_error(const config_error& error);

} // namespace fairlead::conf
