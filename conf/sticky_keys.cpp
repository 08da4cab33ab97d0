#include "conf/sticky_keys.hpp"

#include "conf/file_key.hpp"
#include "conf/http_syntax.hpp"

#include <array>
#include <string>

namespace fairlead::conf {

namespace {

constexpr std::size_t least_secret = 16;
constexpr std::size_t most_secret = 1'024;

bool needs_name(sticky_key by)
{
    return by == sticky_key::app_cookie || by == sticky_key::header || by == sticky_key::query;
}

// Two pools of one host may each have a cookie, so each has a name of its own.
void read_name(const table_reader& table, const std::string& pool_name, sticky_options& target)
{
    table.read("name", target.name);
    const bool may_have_name = needs_name(target.by) || target.by == sticky_key::cookie;
    if (table.find("name") == nullptr) {
        if (target.by == sticky_key::cookie) target.name = "fairlead-" + pool_name;
        if (needs_name(target.by)) table.report("name", "is required here: whose value is it?");
    } else if (!may_have_name) {
        table.report("name", "means nothing here: a path and a client have none");
    } else if (target.by == sticky_key::query ? target.name.empty() : !is_token(target.name)) {
        table.report("name", in_quotes(target.name) + " is not a name of a " +
                                 (target.by == sticky_key::header ? "header field" : "cookie or parameter"));
    }
    if (target.by == sticky_key::header) target.name = to_lower(target.name);
}

bool is_secret(const std::string& text) { return text.size() >= least_secret && text.size() <= most_secret; }

void read_secret(const table_reader& table, sticky_options& target)
{
    const bool in_text = table.find("secret") != nullptr;
    const bool in_file = table.find("secret_file") != nullptr;
    if (in_text && in_file) {
        table.report("secret_file", "and `secret` are two secrets; keep one");
        return;
    }
    if (!in_text && !in_file) {
        table.report("secret_file", "or `secret` is required: it keeps others from naming a backend, and "
                                    "replicas with the same one know each other's cookies");
        return;
    }
    const auto problems = table.errors().count();
    if (in_file)
        target.secret = secret_in_file(table, "secret_file");
    else
        table.read("secret", target.secret);
    if (table.errors().count() == problems && !is_secret(target.secret))
        table.report(
            in_file ? "secret_file" : "secret",
            "has " + std::to_string(target.secret.size()) +
                " bytes; a secret has 16 to 1024, for instance of `head -c 24 /dev/urandom | base64`");
}

// Path and Domain are written into a header field between semicolons (RFC 6265 4.1.1).
bool fits_attribute(const std::string& text) { return is_visible_text(text) && text.find(';') == text.npos; }

void read_attributes(const table_reader& table, sticky_options& target)
{
    table.read("ttl", target.ttl);
    table.read("path", target.path);
    if (!target.path.starts_with('/') || !fits_attribute(target.path))
        table.report("path", in_quotes(target.path) + " is not a cookie's path, which starts with '/'");
    table.read("domain", target.domain);
    if (table.find("domain") != nullptr && (!fits_attribute(target.domain) || target.domain.starts_with('.')))
        table.report("domain", in_quotes(target.domain) + " is not a host name");
    target.same_site = static_cast<same_site>(table.choice("same_site").value_or(0));
    table.read("secure", target.secure);
}

} // namespace

void read_sticky_keys(const table_reader& pool_table, pool_options& pool)
{
    const auto* node = pool_table.find("sticky");
    if (node == nullptr || node->kind != node_kind::table) return;
    const table_reader table(
        *node, {"pool.NAME.sticky", pool_table.path_of("sticky"), pool_table.file(), pool_table.errors()});
    const auto by = table.choice("by");
    if (!by) return;
    auto& target = pool.sticky.emplace();
    target.by = static_cast<sticky_key>(*by);
    read_name(table, pool.name, target);
    if (target.by == sticky_key::cookie) {
        read_secret(table, target);
        read_attributes(table, target);
        if (pool.rebalance)
            pool_table.report("rebalance",
                              "leads nobody elsewhere while `sticky` brings clients back by cookie");
        return;
    }
    constexpr std::array of_cookie{"secret", "secret_file", "ttl", "path", "domain", "same_site", "secure"};
    for (const auto* name : of_cookie) {
        if (table.find(name) != nullptr) table.report(name, "is for `by = \"cookie\"` only");
    }
}

} // namespace fairlead::conf
