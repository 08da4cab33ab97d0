#include "conf/discover_keys.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace fairlead::conf {

namespace {

constexpr std::size_t max_resolvers = 16;
constexpr std::size_t longest_name = 253; // RFC 1035 2.3.4, as text
constexpr std::uint16_t dns_port = 53;
constexpr std::string_view one_source = "names one source: `file`, `dns` or `srv`";

void read_file(const table_reader& table, discover_options& target)
{
    table.read("file", target.file);
    if (target.file.empty()) {
        table.report("file", "wants the name of a file");
        return;
    }
    target.from = member_origin::file;
    const auto folder = std::filesystem::path(table.file().name()).parent_path();
    target.file = (folder / target.file).string();
}

void read_dns(const table_reader& table, discover_options& target)
{
    std::string text;
    table.read("dns", text);
    target.from = member_origin::dns;
    const auto address = parse_endpoint(text);
    if (!address || address->what != endpoint::kind::name || address->port == 0) {
        table.report("dns", in_quotes(text) + " is not NAME:PORT, such as \"chat.internal:9000\"");
        return;
    }
    target.name = address->host;
    target.port = address->port;
}

void read_srv(const table_reader& table, discover_options& target)
{
    table.read("srv", target.name);
    target.from = member_origin::srv;
    // The same letters as in NAME:PORT; the port comes with the answer.
    const auto address = parse_endpoint(target.name + ":1");
    if (!address || address->what != endpoint::kind::name || target.name.size() > longest_name) {
        table.report("srv", in_quotes(target.name) +
                                " is not the name of a service, such as \"_ws._tcp.chat.example.com\"");
        return;
    }
    target.name = address->host;
}

void read_resolvers(const table_reader& table, discover_options& target)
{
    for (const auto& item : table.texts("resolvers")) {
        auto address = parse_endpoint(item.text);
        if (const auto alone = parse_ip_address(item.text)) {
            const std::string host = to_string(*alone);
            address =
                parse_endpoint((alone->is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(dns_port));
        }
        if (!address || address->what != endpoint::kind::ip || address->port == 0)
            table.errors().add(item.where, in_quotes(item.text) + " is not a name server's IP or IP:PORT");
        else
            target.resolvers.push_back(*address);
    }
    if (target.resolvers.size() > max_resolvers)
        table.report("resolvers", "has more than " + std::to_string(max_resolvers) + " name servers");
}

void read_bounds(const table_reader& table, discover_options& target)
{
    read_resolvers(table, target);
    table.read("timeout", target.timeout);
    table.read("min_ttl", target.min_ttl);
    // A longer least alone raises the bound with it.
    target.max_ttl = std::max(target.max_ttl, target.min_ttl);
    table.read("max_ttl", target.max_ttl);
    if (target.max_ttl < target.min_ttl)
        table.report("max_ttl", format_duration(target.max_ttl) + " is shorter than min_ttl, which is " +
                                    format_duration(target.min_ttl));
}

} // namespace

std::string_view word_of(member_origin origin) noexcept
{
    switch (origin) {
    case member_origin::configured: return "configured";
    case member_origin::file: return "file";
    case member_origin::dns: return "dns";
    case member_origin::srv: return "srv";
    }
    return "";
}

void read_discover_keys(const table_reader& pool_table, pool_options& pool)
{
    const auto* node = pool_table.find("discover");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(*node, {"pool.NAME.discover", pool_table.path_of("discover"), pool_table.file(),
                                     pool_table.errors()});
    auto& target = pool.discover.emplace();
    constexpr std::array<std::string_view, 3> sources{"file", "dns", "srv"};
    const auto named = std::ranges::count_if(sources, [&](auto key) { return table.find(key) != nullptr; });
    if (named != 1) {
        pool_table.report("discover", std::string(one_source));
        return;
    }
    if (table.find("file") != nullptr) read_file(table, target);
    if (table.find("dns") != nullptr) read_dns(table, target);
    if (table.find("srv") != nullptr) read_srv(table, target);
    table.read("max_members", target.max_members);
    if (target.from != member_origin::file) {
        read_bounds(table, target);
        return;
    }
    constexpr std::array<std::string_view, 4> of_dns{"resolvers", "timeout", "min_ttl", "max_ttl"};
    for (const auto key : of_dns) {
        if (table.find(key) != nullptr) table.report(key, "is for `dns` and `srv` only");
    }
}

} // namespace fairlead::conf
