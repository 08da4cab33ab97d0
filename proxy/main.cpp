#include "proxy/cli/command_line.hpp"

int main(int argc, char** argv) { return fairlead::cli::run_command_line(argc, argv); }
