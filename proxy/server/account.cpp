#include "proxy/server/account.hpp"

#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string_view>

#include <grp.h>
#include <pwd.h>

namespace fairlead::server {
namespace {

// -1 as a number means "no change" to setresuid(2).
constexpr std::uint32_t most_id = UINT32_MAX - 1;

std::optional<std::uint32_t> number_in(std::string_view text)
{
    std::uint32_t number = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc() || end != text.data() + text.size() || number > most_id) return std::nullopt;
    return number;
}

[[noreturn]] void refuse(const conf::process_options& options, const std::string& key,
                         const std::string& problem)
{
    throw std::runtime_error(options.where.file + ":" + std::to_string(options.where.line) + ":" +
                             std::to_string(options.where.column) + ": process." + key + ": " + problem);
}

gid_t find_group(const conf::process_options& options)
{
    if (const group* const found = ::getgrnam(options.group.c_str())) return found->gr_gid;
    if (const auto number = number_in(options.group)) return *number;
    refuse(options, "group", "there is no group \"" + options.group + "\" on this machine");
}

} // namespace

std::optional<account> find_account(const conf::process_options& options)
{
    if (options.user.empty()) return std::nullopt;
    account found{options.user};
    const auto number = number_in(options.user);
    const passwd* entry = ::getpwnam(options.user.c_str());
    if (entry == nullptr && number) entry = ::getpwuid(*number);
    if (entry != nullptr) {
        found.user = entry->pw_name;
        found.uid = entry->pw_uid;
        found.gid = entry->pw_gid;
        found.is_listed = true;
    } else if (number) {
        found.uid = *number;
        found.gid = *number;
    } else {
        refuse(options, "user",
               "there is no user \"" + options.user + "\" on this machine; adduser --system makes one");
    }
    if (found.uid == 0)
        refuse(options, "user", "\"" + options.user + "\" is root, whom the process is not to be");
    if (!options.group.empty()) found.gid = find_group(options);
    return found;
}

} // namespace fairlead::server
