// Runs something in a process of its own that cannot be taken back: a change of the user, a filter of calls.
#pragma once

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace fairlead::test {

struct child_end
{
    int code = -1;  // of its exit
    int signal = 0; // that ended it
};

// `what` returns the exit code; 99 when it throws. No destructor and no handler at exit runs in the child.
template <class What>
child_end end_of_child(const What& what)
{
    std::cout.flush();
    const pid_t child = ::fork();
    if (child == 0) {
        int code = 99;
        try {
            code = what();
        } catch (const std::exception& failure) {
            std::cerr << failure.what() << '\n';
        }
        ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return {-1, WTERMSIG(status)};
    return {WEXITSTATUS(status), 0};
}

// The words behind "NAME:" of a /proc/PID/status, with single spaces.
inline std::string status_field(const std::string& name, const std::string& task = "self")
{
    std::ifstream file("/proc/" + task + "/status");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(name + ":")) continue;
        std::string text;
        for (const char each : line.substr(name.size() + 1))
            if (each != '\t' || !text.empty()) text += each == '\t' ? ' ' : each;
        return text;
    }
    return "";
}

} // namespace fairlead::test
