#include "proxy/server/system_call_filter.hpp"

#include "test/support/child.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include <linux/netlink.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace fairlead;
using server::install_system_call_filter;
using test::end_of_child;

namespace {

// The errno of what a call said in a process with the filter; 0: it worked.
template <class Call>
int failure_under(conf::call_filtering how, const Call& call)
{
    return end_of_child([&] {
               install_system_call_filter(how);
               errno = 0;
               return call() >= 0 ? 0 : errno;
           })
        .code;
}

template <class Call>
int failure_when_enforced(const Call& call)
{
    return failure_under(conf::call_filtering::enforce, call);
}

int socket_of(int family, int kind, int protocol = 0) { return ::socket(family, kind, protocol); }

int mapping(int protection)
{
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

} // namespace

TEST_CASE("a call that is on no list fails as with a kernel that lacks it")
{
    CHECK(failure_when_enforced([] { return static_cast<int>(::syscall(SYS_memfd_create, "x", 0)); }) ==
          ENOSYS);
    CHECK(failure_when_enforced([] { return static_cast<int>(::syscall(SYS_io_uring_setup, 1, nullptr)); }) ==
          ENOSYS);
    CHECK(failure_when_enforced([] { return ::kill(::getppid(), 0); }) == ENOSYS);
    CHECK(failure_when_enforced([] { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }) == ENOSYS);
}

TEST_CASE("what no proxy ever calls ends the process")
{
    const auto signal_of = [](auto call) {
        return end_of_child([&] {
                   install_system_call_filter(conf::call_filtering::enforce);
                   return static_cast<int>(call());
               })
            .signal;
    };
    CHECK(signal_of([] { return ::execl("/bin/true", "true", nullptr); }) == SIGSYS);
    CHECK(signal_of([] { return ::syscall(SYS_ptrace, 0, 0, 0, 0); }) == SIGSYS);
    CHECK(signal_of([] { return ::umount2("/nowhere", 0); }) == SIGSYS);
    CHECK(signal_of([] { return ::syscall(SYS_setuid, 0); }) == SIGSYS);
    CHECK(signal_of([] { return ::syscall(SYS_bpf, 0, nullptr, 0); }) == SIGSYS);
}

TEST_CASE("sockets are of the kinds that the proxy has use for")
{
    CHECK(failure_when_enforced(
              [] { return socket_of(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC); }) == 0);
    CHECK(failure_when_enforced([] { return socket_of(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC); }) == 0);
    CHECK(failure_when_enforced([] { return socket_of(AF_UNIX, SOCK_STREAM); }) == 0);
    CHECK(failure_when_enforced([] { return socket_of(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE); }) == 0);
    CHECK(failure_when_enforced([] { return socket_of(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG); }) == 0);
    CHECK(failure_when_enforced([] { return socket_of(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER); }) == ENOSYS);
    CHECK(failure_when_enforced([] { return socket_of(AF_INET, SOCK_RAW, 1); }) == ENOSYS);
    CHECK(failure_when_enforced([] { return socket_of(AF_PACKET, SOCK_RAW); }) == ENOSYS);
    CHECK(failure_when_enforced([] { return socket_of(AF_VSOCK, SOCK_STREAM); }) == ENOSYS);
}

TEST_CASE("memory that is written is never executed, nor does it become so")
{
    CHECK(failure_when_enforced([] { return mapping(PROT_READ | PROT_WRITE); }) == 0);
    CHECK(failure_when_enforced([] { return mapping(PROT_READ | PROT_WRITE | PROT_EXEC); }) == ENOSYS);
    CHECK(failure_when_enforced([] { return mapping(PROT_READ | PROT_EXEC); }) == ENOSYS);
    CHECK(failure_when_enforced([] {
              void* const block = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return ::mprotect(block, 4096, PROT_READ | PROT_EXEC);
          }) == ENOSYS);
}

TEST_CASE("threads can be made, processes cannot")
{
    CHECK(failure_when_enforced([] {
              std::atomic<int> ran = 0;
              std::thread([&] { ran = 1; }).join();
              return ran == 1 ? 0 : -1;
          }) == 0);
    CHECK(failure_when_enforced([] {
              return static_cast<int>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, 0));
          }) == ENOSYS);
}

TEST_CASE("the filter holds for threads that there were before, and nobody can gain rights")
{
    const auto end = end_of_child([] {
        std::atomic<bool> is_over = false;
        std::thread other([&] {
            while (!is_over)
                std::this_thread::yield();
        });
        install_system_call_filter(conf::call_filtering::enforce);
        int unfiltered = 0;
        int tasks = 0;
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
            const std::string path = "self/task/" + task.path().filename().string();
            ++tasks;
            if (test::status_field("Seccomp", path) != "2" || test::status_field("NoNewPrivs", path) != "1")
                ++unfiltered;
        }
        is_over = true;
        other.join();
        return tasks >= 2 ? unfiltered : 98;
    });
    CHECK(end.code == 0);
}

TEST_CASE("log lets everything through, and off installs nothing")
{
    const auto forbidden = [] { return static_cast<int>(::syscall(SYS_memfd_create, "x", 0)); };
    CHECK(failure_under(conf::call_filtering::log, forbidden) == 0);
    CHECK(failure_under(conf::call_filtering::log, [] { return ::umount2("/nowhere", 0); }) == ENOENT);
    const auto has_filter = [] { return test::status_field("Seccomp") == "2" ? 0 : -1; };
    CHECK(failure_under(conf::call_filtering::log, has_filter) == 0);
    CHECK(failure_under(conf::call_filtering::off, forbidden) == 0);
}

TEST_CASE("no call is both allowed and deadly, and none is listed twice")
{
    std::multiset<std::string_view> all;
    for (const auto list : {server::allowed_calls(), server::deadly_calls()})
        all.insert(list.begin(), list.end());
    for (const auto name : all) {
        CAPTURE(name);
        CHECK(all.count(name) == 1);
    }
}
