// Collects the errors of a configuration while it is read, each with its line at hand.
//
// Source files must outlive it. Not thread-safe.
#pragma once

#include "conf/document.hpp"
#include "conf/read_config.hpp"
#include "conf/source_file.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::conf {

// A place that a later check may want to point at.
struct written_at
{
    const source_file* file = nullptr;
    text_position at;
    std::string key; // path of the key

    source_position position() const { return {file->name(), at.line, at.column}; }
};

class diagnostics
{
public:
    // Lines are quoted up to this many bytes; what comes after is left out, with its caret.
    static constexpr std::size_t max_line_bytes = 2'000;

    void add_file(std::string name); // the files in the order in which their errors are wanted
    void add(const written_at& where, std::string message);
    void add_for_file(std::string name, std::string message); // about a file as a whole

    std::size_t count() const noexcept { return errors_.size(); } // so far

    // All of them, by file (files never added come first), then by line and column.
    std::vector<config_error> take();

private:
    std::vector<std::string> files_;
    std::vector<config_error> errors_;
};

// Text of the operator's own in a message: in quotes, cut at 60 bytes, control characters and broken UTF-8
// replaced.
std::string in_quotes(std::string_view text);

std::string position_text(const source_position& where); // "file:3:7"

} // namespace fairlead::conf
