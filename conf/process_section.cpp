#include "conf/process_section.hpp"

#include "conf/http_syntax.hpp"

#include <algorithm>

namespace fairlead::conf {
namespace {

bool is_root(const std::string& user)
{
    return user == "root" || std::ranges::all_of(user, [](char each) { return each == '0'; });
}

void read_name(const table_reader& table, std::string_view key, std::string& target)
{
    table.read(key, target);
    if (table.find(key) == nullptr) return;
    const bool has_odd = std::ranges::any_of(target, [](char each) { return each == ':' || each == '/'; });
    if (target.empty() || target.size() > 64 || has_odd || has_control(target) || target.starts_with('-'))
        table.report(key, in_quotes(target) + " is not " + range_text(*find_key("process", key)));
}

} // namespace

void read_process(const table_reader& table, process_options& target)
{
    read_name(table, "user", target.user);
    read_name(table, "group", target.group);
    if (!target.user.empty() && is_root(target.user))
        table.report("user", "is who the process is not to be: name a user without rights, or leave it out");
    if (target.user.empty() && table.find("user") == nullptr && table.find("group") != nullptr)
        table.report("group", "has no use without user");
    if (const auto how = table.choice("seccomp")) target.seccomp = static_cast<call_filtering>(*how);
    target.where = table.find("user") != nullptr ? table.where("user").position() : table.position();
}

} // namespace fairlead::conf
