#include "conf/tls_section.hpp"

#include "conf/http_syntax.hpp"

#include <algorithm>
#include <filesystem>

namespace fairlead::conf {

namespace {

constexpr std::uint16_t https_port = 443;
constexpr duration least_preload{365LL * 24 * 3'600'000}; // hstspreload.org

bool is_text(const table_reader& table, std::string_view name)
{
    const auto* node = table.find(name);
    return node != nullptr && node->kind == node_kind::text;
}

// A path from the folder of the file that it is written in.
void read_path(const table_reader& table, std::string_view name, std::string& target)
{
    std::string text;
    table.read(name, text);
    if (!is_text(table, name)) {
        return;
    }
    if (text.empty() || text.find('\0') != text.npos) {
        table.report(name, "is not a path");
        return;
    }
    target = (std::filesystem::path(table.file().name()).parent_path() / text).string();
}

void read_versions(const table_reader& table, tls_profile& profile, tls_version& least)
{
    if (const auto choice = table.choice("profile")) {
        profile = static_cast<tls_profile>(*choice);
    }
    if (const auto choice = table.choice("min_version")) {
        least = static_cast<tls_version>(*choice);
    }
    if (profile == tls_profile::modern && least == tls_version::v1_2 && table.find("min_version") != nullptr)
    {
        table.report("min_version", "has no use: the modern profile is TLS 1.3 alone");
    }
}

void read_certificates(const table_reader& table, listen_tls_options& target)
{
    const auto* node = table.find("certificates");
    if (node != nullptr && node->kind != node_kind::array) {
        table.report("certificates", "wants an array: [{ chain = \"FILE\", key = \"FILE\" }, ...]");
        return;
    }
    if (node != nullptr && node->items.empty()) {
        table.report("certificates", "is empty; leave it out where there is a certificate_dir");
    }
    for (std::size_t i = 0; node != nullptr && i < node->items.size(); ++i) {
        const auto place = table.where_item("certificates", i);
        const table_reader entry(node->items[i],
                                 {"listen.tls.certificates", place.key, table.file(), table.errors()});
        certificate_files files;
        files.where = place.position();
        read_path(entry, "chain", files.chain);
        read_path(entry, "key", files.key);
        read_path(entry, "ocsp", files.ocsp);
        const auto twin = std::ranges::find(target.certificates, files.chain, &certificate_files::chain);
        if (twin != target.certificates.end() && !files.chain.empty()) {
            entry.report("chain", "is listed already, at " + position_text(twin->where));
        }
        target.certificates.push_back(std::move(files));
    }
    read_path(table, "certificate_dir", target.certificate_dir);
    if (node == nullptr && table.find("certificate_dir") == nullptr) {
        table.errors().add(table.where_table(), "needs certificates, or a certificate_dir that holds them");
    }
}

void read_clients(const table_reader& table, listen_tls_options& target)
{
    read_path(table, "client_ca", target.client_ca);
    read_path(table, "crl", target.crl);
    target.client_auth = static_cast<client_auth>(table.choice("client_auth").value_or(0));
    for (const std::string_view key : {"client_auth", "crl"}) {
        if (table.find(key) != nullptr && table.find("client_ca") == nullptr) {
            table.report(key, "has no use without client_ca, the CAs that sign clients' certificates");
        }
    }
}

void read_hsts(const table_reader& table, listen_tls_options& target)
{
    std::optional<duration> max_age;
    table.read("hsts", max_age);
    hsts_options hsts;
    table.read("hsts_subdomains", hsts.subdomains);
    table.read("hsts_preload", hsts.preload);
    for (const std::string_view key : {"hsts_subdomains", "hsts_preload"}) {
        if (table.find(key) != nullptr && table.find("hsts") == nullptr) {
            table.report(key, "has no use without hsts");
        }
    }
    if (!max_age) {
        return;
    }
    hsts.max_age = *max_age;
    if (max_age->count() % 1'000 != 0) {
        table.report("hsts", "wants whole seconds");
    }
    if (hsts.preload && (!hsts.subdomains || *max_age < least_preload)) {
        table.report("hsts_preload", "needs hsts_subdomains and a hsts of 365d at least");
    }
    target.hsts = hsts;
}

void read_redirect(const table_reader& listen, listen_options& target)
{
    bool is_on = false;
    std::uint32_t port = https_port;
    if (listen.read_flag_or(node_kind::integer, "redirect_to_https", is_on)) {
        is_on = true;
        listen.read("redirect_to_https", port);
    }
    if (!is_on) {
        return;
    }
    if (target.tls) {
        listen.report("redirect_to_https", "belongs at a listener for plain HTTP; this one speaks TLS");
    }
    target.redirect_port = static_cast<std::uint16_t>(port);
}

std::string problem_of_server_name(std::string_view name)
{
    if (parse_ip_address(name)) {
        return "";
    }
    const auto endpoint = parse_endpoint(std::string(name) + ":443");
    const bool is_name = endpoint && endpoint->what == endpoint::kind::name;
    return is_name ? "" : in_quotes(name) + " is neither a host name nor an IP address";
}

void check_backends_have_names(const table_reader& table, const pool_options& pool)
{
    for (const auto& backend : pool.backends) {
        if (backend.address.what == endpoint::kind::unix_path && pool.tls->server_name.empty() &&
            !pool.tls->insecure) {
            table.errors().add(table.where_table(),
                               "needs a server_name: " + backend.address.text + " has none to verify");
            return;
        }
    }
}

bool is_fingerprint(std::string_view text)
{
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return text.size() == 64 && std::ranges::all_of(text, is_hex);
}

} // namespace

void read_tls_section(const table_reader& top, config_draft& draft)
{
    const auto* node = top.find("tls");
    if (node == nullptr) {
        return;
    }
    const table_reader table(*node, {"tls", "tls", top.file(), top.errors()});
    auto& target = draft.value.tls;
    read_versions(table, target.profile, target.min_version);
    table.read("ticket_lifetime", target.ticket_lifetime);
    read_path(table, "ticket_keys", target.ticket_keys);
    if (!target.ticket_keys.empty() && target.ticket_lifetime.count() == 0) {
        table.report("ticket_keys", "has no use: a ticket_lifetime of 0 is no tickets");
    }
    table.read("max_handshakes", target.max_handshakes);
    table.read("ktls", target.ktls);
    read_path(table, "key_log", target.key_log);
}

void read_tls_of(const table_reader& listen, const tls_options& defaults,
                 std::optional<listen_tls_options>& target)
{
    const auto* node = listen.find("tls");
    if (node == nullptr) {
        return;
    }
    const table_reader table(*node, {"listen.tls", listen.path_of("tls"), listen.file(), listen.errors()});
    auto& tls = target.emplace();
    tls.where = table.position();
    tls.profile = defaults.profile;
    tls.min_version = defaults.min_version;
    if (node->kind == node_kind::table) {
        read_versions(table, tls.profile, tls.min_version);
        read_certificates(table, tls);
        table.read("strict_sni", tls.strict_sni);
        read_clients(table, tls);
        read_hsts(table, tls);
    }
}

void read_listen_tls(const table_reader& listen, const tls_options& defaults, listen_options& target)
{
    read_tls_of(listen, defaults, target.tls);
    read_redirect(listen, target);
}

void read_pool_tls(const table_reader& pool_table, pool_options& pool)
{
    bool is_on = false;
    const bool is_table = pool_table.read_flag_or(node_kind::table, "tls", is_on);
    if (!is_table && !is_on) {
        return;
    }
    auto& tls = pool.tls.emplace();
    tls.where = pool_table.where("tls").position();
    if (!is_table) {
        check_backends_have_names(pool_table, pool);
        return;
    }
    const table_reader table(*pool_table.find("tls"), {"pool.NAME.tls", pool_table.path_of("tls"),
                                                       pool_table.file(), pool_table.errors()});
    read_path(table, "ca", tls.ca);
    table.read("server_name", tls.server_name);
    tls.server_name = to_lower(tls.server_name);
    if (is_text(table, "server_name")) {
        if (const auto problem = problem_of_server_name(tls.server_name); !problem.empty()) {
            table.report("server_name", problem);
        }
    }
    read_path(table, "certificate", tls.certificate);
    read_path(table, "key", tls.key);
    if (table.find("key") != nullptr && table.find("certificate") == nullptr) {
        table.report("key", "has no use without a certificate");
    }
    tls.min_version = static_cast<tls_version>(table.choice("min_version").value_or(0));
    table.read("insecure", tls.insecure);
    if (tls.insecure && table.find("ca") != nullptr) {
        table.report("insecure", "verifies nothing, so that ca has no use; remove one of the two");
    }
    check_backends_have_names(table, pool);
}

void read_client_certificate(const table_reader& route_table, route_options& route)
{
    bool is_on = false;
    const bool is_table = route_table.read_flag_or(node_kind::table, "client_certificate", is_on);
    if (!is_table && !is_on) {
        return;
    }
    auto& wanted = route.client_certificate.emplace();
    if (!is_table) {
        return;
    }
    const table_reader table(*route_table.find("client_certificate"),
                             {"route.client_certificate", route_table.path_of("client_certificate"),
                              route_table.file(), route_table.errors()});
    for (const auto& item : table.texts("subject")) {
        wanted.subjects.emplace_back(item.text);
    }
    for (const auto& item : table.texts("san")) {
        const auto is_prefix = [&](std::string_view prefix) { return item.text.starts_with(prefix); };
        constexpr std::string_view kinds[] = {"DNS:", "URI:", "IP:", "email:"};
        if (std::ranges::none_of(kinds, is_prefix)) {
            table.errors().add(item.where, in_quotes(item.text) +
                                               " has no kind; one is DNS:NAME, URI:TEXT, IP:ADDRESS or "
                                               "email:TEXT");
        }
        wanted.sans.emplace_back(item.text);
    }
    for (const auto& item : table.texts("fingerprint")) {
        auto text = to_lower(item.text);
        std::erase(text, ':'); // as openssl x509 -fingerprint writes it
        if (!is_fingerprint(text)) {
            table.errors().add(item.where,
                               in_quotes(item.text) + " is not a SHA-256 fingerprint: 64 digits in hex");
        }
        wanted.fingerprints.push_back(std::move(text));
    }
}

} // namespace fairlead::conf
