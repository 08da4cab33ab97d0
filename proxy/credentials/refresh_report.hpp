// What looking at the files of a listener or a pool once more came to, for the log.
#pragma once

#include <string>
#include <vector>

namespace fairlead::credentials {

struct refresh_report
{
    std::vector<std::string> news;     // what is in force now and was not before
    std::vector<std::string> warnings; // of what is in force
    std::vector<std::string> problems; // why something is not in force; the one before goes on
};

} // namespace fairlead::credentials
