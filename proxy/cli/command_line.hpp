// The commands of the program: run, check, demo, health, npath, version.
//
// Exit codes: 0 done; 1 it failed, and stderr says why; 2 the command line is wrong (CLI11 prints the usage).
#pragma once

namespace fairlead::cli {

int run_command_line(int argc, char** argv);

} // namespace fairlead::cli
