// Which system calls the proxy may make once it has started (seccomp).
//
// An allowlist: what `make test` uses, by the names of libseccomp, some only with certain arguments (no
// executable memory, no other process, sockets of TCP, UDP, Unix and two families of netlink alone).
//
//   enforce   what is on no list fails with ENOSYS, as with a kernel that lacks it, for which libraries have
//             another way; what no proxy ever calls (execve, ptrace, mount ...) ends the process by SIGSYS
//   log       everything is let through; the kernel's audit log tells what enforce would have refused
//
// It cannot be taken back, and holds for all threads of now and later. Call it when everything that start-up
// alone needs is done. Thread: any. Errors: install_system_call_filter() throws std::runtime_error when the
// kernel takes none. Source: seccomp(2), libseccomp's seccomp_rule_add(3).
#pragma once

#include "conf/process_options.hpp"

#include <span>
#include <string_view>

namespace fairlead::server {

void install_system_call_filter(conf::call_filtering how);

std::span<const std::string_view> allowed_calls() noexcept; // whatever their arguments are
std::span<const std::string_view> deadly_calls() noexcept;  // end the process

} // namespace fairlead::server
