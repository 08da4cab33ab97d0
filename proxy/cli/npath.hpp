// `fairlead npath`: programs the kernel to forward [npath.NAME], until a signal ends it.
//
//   SIGTERM, SIGINT  remove what is not to persist, exit 0; the second one ends at once, exit 1
//   SIGHUP           read the configuration again; a broken one changes nothing
// Errors: exit 1, with the reason on stderr: the file, a missing capability, nft, interface or route, or
// another such process in the same network namespace.
#pragma once

#include <string>

namespace fairlead::cli {

int run_npath(const std::string& config_file);
int check_npath(const std::string& config_file, bool as_json); // the file alone; nothing of the machine

} // namespace fairlead::cli
