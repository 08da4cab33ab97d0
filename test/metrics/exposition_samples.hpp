// The samples of a text exposition (format 0.0.4) by series, for tests to look values up in.
#pragma once

#include <map>
#include <sstream>
#include <string>

namespace fairlead::metrics {

// "name{labels}" as written -> value; comments are left out. A series written twice counts in `duplicates`.
struct exposition_samples
{
    std::map<std::string, double> values;
    std::size_t duplicates = 0;

    explicit exposition_samples(const std::string& text)
    {
        std::istringstream lines{text};
        for (std::string line; std::getline(lines, line);) {
            if (line.empty() || line.front() == '#') continue;
            const auto space = line.rfind(' ');
            const bool added =
                values.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second;
            if (!added) ++duplicates;
        }
    }

    bool has(const std::string& series) const { return values.contains(series); }

    // -1 for a series that is not there.
    double operator[](const std::string& series) const
    {
        const auto found = values.find(series);
        return found == values.end() ? -1 : found->second;
    }
};

} // namespace fairlead::metrics
