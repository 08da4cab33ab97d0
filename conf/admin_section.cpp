#include "conf/admin_section.hpp"

#include "conf/admin_options.hpp"
#include "conf/file_key.hpp"
#include "conf/listen_address.hpp"
#include "conf/tls_section.hpp"

#include <algorithm>
#include <filesystem>

#include <string.h> // explicit_bzero

namespace fairlead::conf {

namespace {

bool is_unix(const std::optional<endpoint>& address)
{
    return address && address->what == endpoint::kind::unix_path;
}

void read_socket(const table_reader& table, admin_options& target)
{
    if (table.find("socket") == nullptr) {
        return;
    }
    target.has_default_socket = false;
    target.socket.reset();
    std::string text;
    table.read("socket", text);
    if (text == "off") {
        return;
    }
    const auto socket = parse_endpoint(text);
    if (!is_unix(socket)) {
        table.report("socket", in_quotes(text) + " is no Unix socket; one is unix:/PATH, none is off");
        return;
    }
    target.socket = socket;
}

void read_socket_mode(const table_reader& table, admin_options& target)
{
    std::string text = "0600";
    table.read("socket_mode", text);
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    if (text.size() != 4 || text.front() != '0' || !std::ranges::all_of(text, is_octal)) {
        table.report("socket_mode", in_quotes(text) + " is no mode; one is \"0600\" or \"0660\"");
        return;
    }
    target.socket_mode = static_cast<std::uint32_t>(std::stoul(text, nullptr, 8));
}

void read_token_path(const table_reader& table, std::string_view name, std::string& target)
{
    std::string text;
    table.read(name, text);
    const auto* node = table.find(name);
    if (node == nullptr || node->kind != node_kind::text) {
        return;
    }
    if (text.empty() || text.find('\0') != text.npos) {
        table.report(name, "is not a path");
        return;
    }
    target = (std::filesystem::path(table.file().name()).parent_path() / text).string();
    const auto errors_before = table.errors().count();
    std::string token = secret_in_file(table, name);
    const auto problem = problem_of_token(token);
    if (!problem.empty() && table.errors().count() == errors_before) {
        table.report(name, in_quotes(text) + " " + std::string(problem));
    }
    ::explicit_bzero(token.data(), token.size());
}

void read_hosts(const table_reader& table, admin_options& target)
{
    for (const auto& item : table.texts("hosts")) {
        const auto name = parse_endpoint(std::string(item.text) + ":80");
        if (!name || name->what != endpoint::kind::name) {
            table.errors().add(item.where, in_quotes(item.text) + " is no host name; it has no port");
            continue;
        }
        target.hosts.push_back(name->host);
    }
}

bool verifies_clients(const admin_options& of)
{
    return of.tls && !of.tls->client_ca.empty() && of.tls->client_auth == client_auth::required;
}

// A way for somebody to be known at `address`.
bool knows_somebody(const admin_options& of)
{
    return !of.token_file.empty() || !of.read_token_file.empty() || verifies_clients(of);
}

void check_address(const table_reader& table, const admin_options& is)
{
    if (!is.address) {
        return;
    }
    const bool needs_proof = !is_unix(is.address) && !is_loopback(*is.address);
    if (needs_proof && !knows_somebody(is) && table.find("anonymous") == nullptr) {
        table.report("address", is.address->text +
                                    " is not of this machine alone, and nobody is asked who they are: add "
                                    "token_file, or tls with client_ca, or say what everybody may by "
                                    "anonymous = \"read\"");
    }
}

// Keys that are about `address` over TCP.
void check_use(const table_reader& table, const admin_options& is)
{
    constexpr std::string_view of_tcp[] = {"token_file", "read_token_file", "anonymous",
                                           "read_only",  "hosts",           "tls"};
    for (const auto key : of_tcp) {
        if (table.find(key) == nullptr || (is.address && !is_unix(is.address))) {
            continue;
        }
        table.report(key, is.address ? "has no use: the permissions of the Unix socket say who may ask"
                                     : "has no use without address");
    }
    if (!is.token_file.empty() && is.token_file == is.read_token_file) {
        table.report("read_token_file", "is token_file as well; whoever may read could change things");
    }
}

} // namespace

bool is_loopback(const endpoint& address)
{
    if (address.what != endpoint::kind::ip) {
        return false;
    }
    if (!address.ip.is_v6) {
        return address.ip.bytes[0] == 127;
    }
    return address.ip == *parse_ip_address("::1");
}

std::string_view problem_of_token(std::string_view text)
{
    constexpr std::size_t least_size = 16;
    constexpr std::size_t most_size = 512;
    if (text.size() < least_size) {
        return "holds less than 16 characters; openssl rand -hex 32 makes a token";
    }
    if (text.size() > most_size) {
        return "holds more than 512 characters";
    }
    const bool is_visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    return is_visible ? "" : "holds more than one word of visible ASCII characters";
}

void read_admin_section(const table_reader& top, config_draft& draft)
{
    const auto* node = top.find("admin");
    if (node == nullptr) {
        return;
    }
    const table_reader table(*node, {"admin", "admin", top.file(), top.errors()});
    auto& target = draft.value.admin;
    target.where = table.position();
    target.address = read_listen_address(table);
    const bool is_taken =
        target.address && report_shared_address(table, *target.address, draft.value.listeners);
    read_socket(table, target);
    read_socket_mode(table, target);
    read_token_path(table, "token_file", target.token_file);
    read_token_path(table, "read_token_file", target.read_token_file);
    read_hosts(table, target);
    table.read("read_only", target.read_only);
    read_tls_of(table, draft.value.tls, target.tls);
    const bool is_open = !target.address || is_unix(target.address) || !knows_somebody(target);
    target.anonymous = is_open ? admin_right::change : admin_right::none;
    if (const auto word = table.choice("anonymous")) {
        target.anonymous = static_cast<admin_right>(*word);
    }
    if (!is_taken) {
        check_address(table, target);
    }
    check_use(table, target);
}

} // namespace fairlead::conf
