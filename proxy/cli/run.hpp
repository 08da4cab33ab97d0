// `fairlead run`: the proxy itself.
#pragma once

#include <string>

namespace fairlead::cli {

struct run_options
{
    std::string config; // the file
    bool core_dumps = false;
};

int run(const run_options& options);

} // namespace fairlead::cli
