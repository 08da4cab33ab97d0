#include "proxy/server/system_call_filter.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <stdexcept>
#include <string>

#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

constexpr std::uint64_t socket_kind = 0xf; // of socket(2)'s second argument, without its flags

void check(int result, std::string_view what)
{
    if (result != 0)
        throw std::runtime_error("process.seccomp: " + std::string(what) + ": " + std::strerror(-result));
}

class filter
{
public:
    explicit filter(std::uint32_t otherwise)
        : context_(::seccomp_init(otherwise))
    {
        if (context_ == nullptr) throw std::runtime_error("process.seccomp: no memory for a filter");
    }
    filter(const filter&) = delete;
    filter& operator=(const filter&) = delete;
    ~filter() { ::seccomp_release(context_); }

    // All of `conditions` have to hold. A name that this kind of machine does not have is passed over.
    void add(std::uint32_t action, std::string_view name,
             std::initializer_list<scmp_arg_cmp> conditions = {}) const
    {
        const int number = ::seccomp_syscall_resolve_name(std::string(name).c_str());
        if (number == __NR_SCMP_ERROR) return;
        check(::seccomp_rule_add_array(context_, action, number, static_cast<unsigned>(conditions.size()),
                                       conditions.begin()),
              name);
    }

    void set(scmp_filter_attr attribute, std::uint32_t value) const
    {
        check(::seccomp_attr_set(context_, attribute, value), "an attribute of the filter");
    }

    void load() const { check(::seccomp_load(context_), "the kernel takes no filter"); }

private:
    scmp_filter_ctx context_;
};

constexpr scmp_arg_cmp equals(unsigned argument, std::uint64_t value)
{
    return {argument, SCMP_CMP_EQ, value, 0};
}

constexpr scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t bits)
{
    return {argument, SCMP_CMP_MASKED_EQ, mask, bits};
}

// TCP and UDP for connections and names, Unix sockets, and netlink to read addresses, routes and sockets.
void allow_sockets(const filter& rules)
{
    for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
        for (const int kind : {SOCK_STREAM, SOCK_DGRAM})
            rules.add(SCMP_ACT_ALLOW, "socket",
                      {equals(0, static_cast<std::uint64_t>(family)),
                       has_bits(1, socket_kind, static_cast<std::uint64_t>(kind))});
    }
    for (const int protocol : {NETLINK_ROUTE, NETLINK_SOCK_DIAG})
        rules.add(SCMP_ACT_ALLOW, "socket",
                  {equals(0, AF_NETLINK), equals(2, static_cast<std::uint64_t>(protocol))});
}

// Threads, but no process. What clone3 is to make cannot be seen, so it is refused; glibc takes clone then.
void allow_threads(const filter& rules)
{
    constexpr std::uint64_t thread_bits = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
    rules.add(SCMP_ACT_ALLOW, "clone", {has_bits(0, thread_bits, thread_bits)});
    for (const int option : {PR_SET_NAME, PR_GET_NAME})
        rules.add(SCMP_ACT_ALLOW, "prctl", {equals(0, static_cast<std::uint64_t>(option))});
    rules.add(SCMP_ACT_ALLOW, "tgkill", {equals(0, static_cast<std::uint64_t>(::getpid()))});
    rules.add(SCMP_ACT_ALLOW, "prlimit64", {equals(0, 0), equals(2, 0)}); // reads its own
}

void allow_memory(const filter& rules)
{
    for (const char* const name : {"mmap", "mprotect"})
        rules.add(SCMP_ACT_ALLOW, name, {has_bits(2, PROT_EXEC, 0)});
}

void allow_questions_to_descriptors(const filter& rules)
{
    for (const unsigned long request :
         {static_cast<unsigned long>(FIONBIO), static_cast<unsigned long>(FIONREAD),
          static_cast<unsigned long>(SIOCOUTQ), static_cast<unsigned long>(TCGETS)})
        rules.add(SCMP_ACT_ALLOW, "ioctl", {equals(1, request)});
}

} // namespace

void install_system_call_filter(conf::call_filtering how)
{
    if (how == conf::call_filtering::off) return;
    const bool is_enforced = how == conf::call_filtering::enforce;
    const filter rules(is_enforced ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_LOG);
    rules.set(SCMP_FLTATR_CTL_TSYNC, 1);
    rules.set(SCMP_FLTATR_CTL_LOG, is_enforced ? 1 : 0); // what is refused is in the audit log as well
    rules.set(SCMP_FLTATR_CTL_OPTIMIZE, 2);              // a tree: a handful of comparisons for each call
    for (const std::string_view name : allowed_calls())
        rules.add(SCMP_ACT_ALLOW, name);
    allow_sockets(rules);
    allow_threads(rules);
    allow_memory(rules);
    allow_questions_to_descriptors(rules);
    if (is_enforced) {
        for (const std::string_view name : deadly_calls())
            rules.add(SCMP_ACT_KILL_PROCESS, name);
    }
    rules.load();
}

} // namespace fairlead::server
