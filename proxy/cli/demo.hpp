// `fairlead demo`: the proxy in front of two backends of its own, with a chat to try it on.
#pragma once

#include <string>

namespace fairlead::cli {

struct demo_options
{
    std::string listen = "127.0.0.1:8080";
    std::string admin = "127.0.0.1:9900";
};

int run_demo(const demo_options& options);

} // namespace fairlead::cli
