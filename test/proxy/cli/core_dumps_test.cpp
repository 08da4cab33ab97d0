#include "proxy/cli/core_dumps.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// In a process of its own: what is forbidden stays so.
bool are_forbidden_in_a_child()
{
    const pid_t child = ::fork();
    if (child == 0) {
        fairlead::cli::forbid_core_dumps();
        rlimit limit{1, 1};
        std::string filter;
        std::ifstream("/proc/self/coredump_filter") >> filter;
        const bool has_none =
            ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0;
        ::_exit(has_none && filter == "00000000" ? 0 : 1);
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace

TEST_CASE("no core file is left, and none has memory in it") { CHECK(are_forbidden_in_a_child()); }
