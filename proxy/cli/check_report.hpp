// What a check of a configuration found, and how it is told: lines for people, or one JSON object.
//
// In JSON: `ok`, `file`, `errors` as a refused reload has them, `warnings`, and of a sound file how many
// there are of what. For people errors and warnings go to stderr.
#pragma once

#include "conf/read_config.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::cli {

struct check_report
{
    std::string file;
    std::vector<conf::config_error> errors;
    std::string problem; // what only the proxy can judge: lines, with their places
    std::vector<std::string> warnings;
    std::vector<std::pair<std::string_view, std::size_t>> counts; // "routes", 3

    bool ok() const { return errors.empty() && problem.empty(); }
};

std::string check_json(const check_report& of);

// Returns the exit code.
int tell(const check_report& of, bool as_json);

} // namespace fairlead::cli
