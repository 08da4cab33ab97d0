// Reads the configuration, becomes the user that it names, and reads it again as that user.
//
// So what a reload could not read fails at the start: included files, secrets, users' passwords. Thread: the
// main thread, before there are others. Errors: of the files in the result; std::runtime_error when the user
// does not exist or cannot be become, see server/privileges.hpp.
#pragma once

#include "conf/read_config.hpp"
#include "proxy/server/privileges.hpp"

#include <functional>
#include <string>
#include <vector>

namespace fairlead::cli {

struct identity_change
{
    std::function<conf::read_result()> read;
    std::function<std::vector<server::privilege>(const conf::config&)> needed;
    server::heirs heirs = server::heirs::none;
};

struct identified_config
{
    conf::read_result read;
    std::string became; // "fairlead (uid 998, gid 998), with no capability"; empty: nobody else
};

identified_config read_as_configured(const identity_change& change);

// What `fairlead run` needs beyond an ordinary user's rights, on this machine.
std::vector<server::privilege> proxy_privileges(const conf::config& config);

// Whether it can be used. If not, the errors are printed, and who read it where that is somebody else.
bool print_errors(const identified_config& of);

// In the log, once there is one: who the process is now, or that it has more rights than it needs.
void log_identity(const identified_config& of);

// What the user that this process is cannot write though the configuration tells it to: logs, and the
// folders of logs and Unix sockets.
std::vector<std::string> warnings_about_writing(const conf::config& config);

} // namespace fairlead::cli
