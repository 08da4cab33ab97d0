#include "proxy/server/privileges.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <cap-ng.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fairlead::server {
namespace {

constexpr mode_t folder_mode = 0755;

unsigned number_of(privilege what) noexcept
{
    switch (what) {
    case privilege::low_ports: return CAP_NET_BIND_SERVICE;
    case privilege::foreign_addresses: return CAP_NET_RAW;
    case privilege::network_tables: return CAP_NET_ADMIN;
    }
    return CAP_LAST_CAP + 1;
}

[[noreturn]] void fail(const std::string& what)
{
    throw std::runtime_error("process.user: " + what + "; nothing was started");
}

bool is_effective(unsigned capability) { return capng_have_capability(CAPNG_EFFECTIVE, capability) == 1; }

std::size_t thread_count()
{
    std::error_code failed;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator each{"/proc/self/task", failed}, end; !failed && each != end;
         each.increment(failed))
        ++count;
    return count;
}

void change_identity(const account& wanted, std::span<const privilege> kept, heirs who)
{
    capng_get_caps_process();
    const bool may_bound = is_effective(CAP_SETPCAP);
    capng_clear(CAPNG_SELECT_ALL);
    const int sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET |
                     (who == heirs::children ? CAPNG_INHERITABLE | CAPNG_AMBIENT : 0);
    for (const privilege each : kept)
        capng_update(CAPNG_ADD, static_cast<capng_type_t>(sets), number_of(each));
    const int flags = (wanted.is_listed ? CAPNG_INIT_SUPP_GRP : CAPNG_DROP_SUPP_GRP) |
                      (may_bound ? CAPNG_CLEAR_BOUNDING : 0);
    const int failed = capng_change_id(static_cast<int>(wanted.uid), static_cast<int>(wanted.gid),
                                       static_cast<capng_flags_t>(flags));
    if (failed != 0)
        fail("cannot become " + wanted.user + ": step " + std::to_string(-failed) +
             " of capng_change_id: " + std::strerror(errno));
    if (who == heirs::children && capng_apply(CAPNG_SELECT_AMBIENT) != 0)
        fail(std::string("children cannot be given capabilities: ") + std::strerror(errno));
}

// Nothing is taken on trust: what the kernel says now is compared with what was asked for.
void verify(const account& wanted, std::span<const privilege> kept)
{
    std::array<uid_t, 3> users{};
    std::array<gid_t, 3> groups{};
    ::getresuid(&users[0], &users[1], &users[2]);
    ::getresgid(&groups[0], &groups[1], &groups[2]);
    if (std::ranges::any_of(users, [&](uid_t each) { return each != wanted.uid; }) ||
        std::ranges::any_of(groups, [&](gid_t each) { return each != wanted.gid; }))
        fail("is not " + wanted.user + " in all ways after the change");
    std::vector<gid_t> further(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
    if (::getgroups(static_cast<int>(further.size()), further.data()) < 0 ||
        (!wanted.is_listed && !further.empty()))
        fail("still has groups of who it was");
    capng_get_caps_process();
    for (unsigned each = 0; each <= static_cast<unsigned>(CAP_LAST_CAP); ++each) {
        const bool is_wanted =
            std::ranges::any_of(kept, [&](privilege one) { return number_of(one) == each; });
        for (const capng_type_t set : {CAPNG_EFFECTIVE, CAPNG_PERMITTED}) {
            if ((capng_have_capability(set, each) == 1) != is_wanted)
                fail(std::string(is_wanted ? "lacks" : "still has") + " the capability " +
                     capng_capability_to_name(each));
        }
    }
    if (::setuid(0) == 0) fail("could become root again");
}

} // namespace

std::string_view capability_of(privilege what) noexcept
{
    switch (what) {
    case privilege::low_ports: return "CAP_NET_BIND_SERVICE";
    case privilege::foreign_addresses: return "CAP_NET_RAW";
    case privilege::network_tables: return "CAP_NET_ADMIN";
    }
    return "";
}

std::vector<privilege> needed_privileges(const conf::config& config, std::uint16_t first_free_port)
{
    const auto is_low = [&](const conf::endpoint& address) {
        return address.what != conf::endpoint::kind::unix_path && address.port != 0 &&
               address.port < first_free_port;
    };
    std::vector<privilege> needed;
    if (std::ranges::any_of(config.listeners, [&](const auto& each) { return is_low(each.address); }) ||
        (config.admin.address && is_low(*config.admin.address)))
        needed.push_back(privilege::low_ports);
    if (std::ranges::any_of(config.pools,
                            [](const auto& each) { return each.transparent != conf::transparency::off; }))
        needed.push_back(privilege::foreign_addresses);
    return needed;
}

std::uint16_t read_first_free_port()
{
    std::ifstream file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    std::uint16_t first = 1024;
    file >> first;
    return file ? first : std::uint16_t{1024};
}

bool can_change_user()
{
    capng_get_caps_process();
    return is_effective(CAP_SETUID) && is_effective(CAP_SETGID);
}

void become(const account& wanted, std::span<const privilege> kept, heirs who)
{
    if (::geteuid() == wanted.uid && ::getegid() == wanted.gid) return;
    if (!can_change_user())
        fail("only root can become " + wanted.user + ": this process is uid " + std::to_string(::geteuid()) +
             " and lacks the capabilities CAP_SETUID and CAP_SETGID");
    if (thread_count() > 1) fail("there are threads already, which would keep their capabilities");
    change_identity(wanted, kept, who);
    verify(wanted, kept);
}

void forbid_new_privileges()
{
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        throw std::runtime_error(std::string("PR_SET_NO_NEW_PRIVS: ") + std::strerror(errno));
}

void make_admin_folder(const conf::admin_options& admin, const account& owner)
{
    if (!admin.has_default_socket) return;
    const conf::endpoint address = *conf::parse_endpoint(conf::default_admin_socket);
    const auto folder = std::filesystem::path(address.path).parent_path();
    if (::mkdir(folder.c_str(), folder_mode) != 0)
        return; // there, or not for us to make: said when it is used
    [[maybe_unused]] const int is_given = ::chown(folder.c_str(), owner.uid, owner.gid);
}

std::string describe(const account& who, std::span<const privilege> kept)
{
    std::string text =
        who.user + " (uid " + std::to_string(who.uid) + ", gid " + std::to_string(who.gid) + "), with ";
    if (kept.empty()) return text + "no capability";
    for (const privilege each : kept) {
        text += capability_of(each);
        text += each == kept.back() ? "" : " and ";
    }
    return text;
}

} // namespace fairlead::server
