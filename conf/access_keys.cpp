#include "conf/access_keys.hpp"

#include "conf/file_key.hpp"
#include "conf/http_syntax.hpp"
#include "conf/password_file.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace fairlead::conf {

namespace {

constexpr std::size_t most_told = 10; // problems of one password file

void read_users(const table_reader& table, basic_auth_options& target)
{
    const auto* node = table.find("file");
    if (node == nullptr || node->kind != node_kind::text) return;
    target.file = (std::filesystem::path(table.file().name()).parent_path() / node->text).string();
    const auto before = table.errors().count();
    const std::string text = text_in_file(table, "file");
    if (table.errors().count() != before) return;
    auto passwords = read_passwords(text);
    const auto& problems = passwords.problems;
    for (std::size_t i = 0; i < std::min(problems.size(), most_told); ++i)
        table.report("file",
                     target.file + ":" + std::to_string(problems[i].line) + ": " + problems[i].message);
    if (problems.size() > most_told)
        table.report("file", target.file + ": " + std::to_string(problems.size() - most_told) +
                                 " more lines are wrong");
    target.users = std::move(passwords.users);
    if (target.users.empty() && passwords.problems.empty())
        table.report("file", in_quotes(node->text) + " has no users, so nobody could come in; make one by " +
                                 std::string(how_to_make_one));
}

// Quoted in the challenge: RFC 9110 5.6.4 allows more, but clients differ in what they make of it.
std::string problem_of_realm(std::string_view text)
{
    const bool is_plain =
        std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
    return is_plain && !text.empty() ? "" : "is printable ASCII without '\"' and '\\', and not empty";
}

// "a/b", "a/*" or "+suffix".
std::string problem_of_media_type(std::string_view text)
{
    if (text.starts_with('+')) return is_token(text.substr(1)) ? "" : "wants a suffix such as \"+json\"";
    const auto slash = text.find('/');
    const bool has_both = slash != text.npos && is_token(text.substr(0, slash)) &&
                          is_token(text.substr(slash + 1)) && text.substr(0, slash) != "*";
    const bool has_star = has_both && text.substr(slash + 1).find('*') != text.npos;
    if (has_both && (!has_star || text.substr(slash + 1) == "*")) return "";
    return "is a media type such as \"text/html\", \"text/*\" or \"+json\"";
}

void read_types(const table_reader& table, compression_options& target)
{
    const auto* node = table.find("types");
    if (node == nullptr) return;
    if (node->kind == node_kind::array && node->items.empty())
        table.report("types", "names no type; without compression none is compressed");
    target.types.clear();
    for (const auto& item : table.texts("types")) {
        if (const auto problem = problem_of_media_type(item.text); !problem.empty())
            table.errors().add(item.where, in_quotes(item.text) + " " + problem);
        else
            target.types.push_back(to_lower(item.text));
    }
}

} // namespace

std::string problem_of_copy(std::string_view header, const std::vector<std::string>& taken)
{
    const auto name = to_lower(header);
    if (!is_token(header)) return in_quotes(header) + " is not a header name (RFC 9110 5.6.2)";
    if (is_reserved_field(header) || name == "host")
        return "belongs to the connection, not to the request, and cannot be set";
    const bool is_taken =
        std::ranges::any_of(taken, [&](const auto& each) { return to_lower(each) == name; });
    return is_taken ? in_quotes(header) + " is set already" : "";
}

void read_basic_auth(const table_reader& route, edge_options& target)
{
    const auto* node = route.find("basic_auth");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(*node,
                             {"route.basic_auth", route.path_of("basic_auth"), route.file(), route.errors()});
    auto& auth = target.basic_auth.emplace();
    read_users(table, auth);
    table.read("realm", auth.realm);
    if (const auto problem = problem_of_realm(auth.realm); !problem.empty()) table.report("realm", problem);
    table.read("forward_user", auth.forward_user);
    std::vector<std::string> taken{"Authorization"};
    if (target.auth_request)
        taken.insert(taken.end(), target.auth_request->copy_headers.begin(),
                     target.auth_request->copy_headers.end());
    if (table.find("forward_user") != nullptr) {
        if (const auto problem = problem_of_copy(auth.forward_user, taken); !problem.empty())
            table.report("forward_user", problem);
    }
    table.read("pass_authorization", auth.pass_authorization);
    if (target.jwt)
        route.report("basic_auth", "and jwt both read Authorization, and no client can send two; keep one");
    if (target.is_final()) route.report("basic_auth", "has no use: the route answers everybody itself");
}

void read_compression(const table_reader& route, edge_options& target)
{
    bool is_on = false;
    const bool is_table = route.read_flag_or(node_kind::table, "compression", is_on);
    if (!is_on && !is_table) return;
    auto& compression = target.compression.emplace();
    if (target.is_final())
        route.report("compression", "has no use: only what comes from a backend is compressed");
    if (!is_table) return;
    const table_reader table(*route.find("compression"), {"route.compression", route.path_of("compression"),
                                                          route.file(), route.errors()});
    read_types(table, compression);
    table.read("min_size", compression.min_size);
    table.read("level", compression.level);
    table.read("max_active", compression.max_active);
}

} // namespace fairlead::conf
