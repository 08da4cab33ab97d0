// The names that the filter goes by: those that need no look at their arguments, and those that are fatal.
#include "proxy/server/system_call_filter.hpp"

#include <array>

namespace fairlead::server {
namespace {

// clang-format off
constexpr auto allowed = std::to_array<std::string_view>({
    // connections
    "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom",
    "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
    "splice", "pipe2", "sendfile",
    // waiting
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "poll",
    "ppoll", "pselect6", "select", "timerfd_create", "timerfd_gettime", "timerfd_settime",
    "inotify_add_watch", "inotify_init1", "inotify_rm_watch",
    // files
    "access", "chmod", "close", "close_range", "dup", "dup2", "dup3", "faccessat", "faccessat2",
    "fchmod", "fcntl", "fdatasync", "fstat", "fstatfs", "fsync", "ftruncate", "getcwd", "getdents64",
    "lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat", "pread64", "preadv",
    "pwrite64", "pwritev", "read", "readlink", "readlinkat", "readv", "stat", "statfs", "statx",
    "umask", "unlink", "unlinkat", "write", "writev",
    // memory
    "brk", "madvise", "mincore", "mlock", "mremap", "munlock", "munmap",
    // threads and time
    "clock_getres", "clock_gettime", "clock_nanosleep", "exit", "exit_group", "futex",
    "get_robust_list", "gettimeofday", "membarrier", "nanosleep", "restart_syscall", "rseq",
    "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_setaffinity",
    "sched_setscheduler", "sched_yield", "set_robust_list", "set_tid_address", "time",
    // signals
    "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend",
    "rt_sigtimedwait", "sigaltstack",
    // what the process asks about itself and the machine
    "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom", "getresgid", "getresuid",
    "getrlimit", "getrusage", "gettid", "getuid", "sysinfo", "times", "uname",
});

constexpr auto deadly = std::to_array<std::string_view>({
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp",
    "pidfd_getfd", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "pivot_root",
    "chroot", "setns", "unshare", "bpf", "perf_event_open", "userfaultfd", "init_module",
    "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff",
    "add_key", "request_key", "keyctl", "open_by_handle_at", "iopl", "ioperm", "setuid", "setgid",
    "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset",
    "personality",
});
// clang-format on

} // namespace

std::span<const std::string_view> allowed_calls() noexcept { return allowed; }

std::span<const std::string_view> deadly_calls() noexcept { return deadly; }

} // namespace fairlead::server
