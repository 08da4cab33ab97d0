#include "conf/known_keys.hpp"
#include "test/conf/reading.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <set>

namespace fairlead::conf {

namespace {

std::string cell(std::string_view text, bool as_code = false)
{
    if (text.empty()) {
        return "\xE2\x80\x93"; // an en dash
    }
    return as_code ? "`" + std::string(text) + "`" : std::string(text);
}

// The start of the row that docs/configuration.md has to have for a key; the meaning follows.
std::string expected_row(const key_row& row)
{
    const auto by_default = row.required ? std::string("required") : cell(row.default_text, true);
    return "| `" + full_name(row) + "` | " + std::string(type_text(row.type)) + " | " +
           cell(unit_text(row.type)) + " | " + by_default + " | " + cell(range_text(row)) + " | " +
           (row.reloads ? "yes" : "no") + " | " + cell(row.example, true) + " | ";
}

std::map<std::string, std::string> documented_rows()
{
    std::ifstream file(FAIRLEAD_SOURCE_DIR "/docs/configuration.md");
    REQUIRE(file.good());
    std::map<std::string, std::string> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("| `")) {
            const auto key = line.substr(3, line.find('`', 3) - 3);
            CAPTURE(key);
            CHECK(rows.emplace(key, line).second);
        }
    }
    return rows;
}

bool is_scalar_section(std::string_view section)
{
    return section == "timeouts" || section == "limits" || section == "socket" || section == "drain" ||
           section == "log" || section == "reload" || section == "forward" || section == "websocket" ||
           section == "tls" || section == "process";
}

std::string section_with(const key_row& row, std::string_view value)
{
    std::string before; // what the key has no use without
    if (row.name == "message_burst") before = "message_rate = \"1/s\"\n";
    if (full_name(row) == "process.group") before = "user = \"fairlead\"\n";
    if (row.name == "byte_burst") before = "byte_rate = \"1/s\"\n";
    return "[" + std::string(row.section) + "]\n" + before + std::string(row.name) + " = " +
           std::string(value);
}

// The only listener, with the key among what it has no use without.
read_result read_with_listen_tls(const key_row& row, const std::string& line)
{
    std::string text = "[[listen]]\naddress = \"127.0.0.1:1\"\n[listen.tls]\n";
    if (row.section == "listen.tls" && !row.name.starts_with("certificate"))
        text += "certificate_dir = \"/c\"\n";
    if (row.name == "client_auth" || row.name == "crl") text += "client_ca = \"/ca\"\n";
    if (row.name.starts_with("hsts_")) text += "hsts = \"365d\"\n";
    if (row.name == "hsts_preload") text += "hsts_subdomains = true\n";
    if (row.section == "listen.tls.certificates")
        text += "[[listen.tls.certificates]]\n" + std::string(row.name == "chain" ? "" : "chain = \"/c\"\n");
    return read_config_text(text + line + "\n" + std::string(pool_lines) + std::string(route_lines),
                            "t.toml");
}

} // namespace

TEST_CASE("docs/configuration.md has the row of every key, as the schema has it, and no other")
{
    auto rows = documented_rows();
    for (const auto& row : known_keys()) {
        const auto name = full_name(row);
        CAPTURE(name);
        const auto written = rows[name];
        CHECK(written.substr(0, expected_row(row).size()) == expected_row(row));
        CHECK(written.size() > expected_row(row).size() + 10);
        rows.erase(name);
    }
    for (const auto& row : rows)
        CHECK_MESSAGE(false, "documented, but not a key: ", row.first);
}

TEST_CASE("the schema has each key once, and an example for each")
{
    std::set<std::string> names;
    for (const auto& row : known_keys()) {
        CAPTURE(full_name(row));
        CHECK(names.insert(full_name(row)).second);
        CHECK_FALSE(row.example.empty());
        CHECK(find_key(row.section, row.name) == &row);
        CHECK((row.most == 0) == (unit_text(row.type).empty()));
    }
    CHECK(find_key("route", "method") == nullptr);
    CHECK(find_key("", "head") == nullptr);
}

TEST_CASE("the schema's defaults are those of the structs, and its examples are accepted")
{
    for (const auto& row : known_keys()) {
        if (!is_scalar_section(row.section)) {
            continue;
        }
        CAPTURE(full_name(row));
        // A rate, a list, a file and a user are absent by default, and what depends on the machine.
        REQUIRE((row.section == "websocket" || row.section == "tls" || row.section == "process" ||
                 row.name == "memory_limit" || !row.default_text.empty()));
        const auto by_default =
            row.default_text.empty() ? read_with_top("") : read_with_top(section_with(row, row.default_text));
        CHECK(brief_errors(by_default).empty());
        CHECK(by_default.value.timeouts == timeout_options{});
        CHECK(by_default.value.limits == limit_options{});
        CHECK(by_default.value.socket == socket_options{});
        CHECK(by_default.value.drain == drain_options{});
        CHECK(by_default.value.log == log_options{});
        CHECK(by_default.value.forward == forward_options{});
        CHECK(by_default.value.websocket == websocket_options{});
        CHECK(by_default.value.tls == tls_options{});
        CHECK(brief_errors(read_with_top(section_with(row, row.example))).empty());
    }
}

// A route with one has no pool: edge_keys_test and access_keys_test have them.
bool is_of_own_answer(const key_row& row)
{
    return row.name == "redirect" || row.name == "redirect_status" || row.name == "respond" ||
           row.name == "jwt" || row.name == "basic_auth" ||
           row.name == "error_pages"; // and these need a file
}

TEST_CASE("examples of pools and routes are accepted")
{
    for (const auto& row : known_keys()) {
        CAPTURE(full_name(row));
        const auto line = std::string(row.name) + " = " + std::string(row.example);
        if (row.section == "pool.NAME") {
            const std::string backends = row.name == "backends" ? "" : "backends = [\"10.0.0.1:80\"]\n";
            const std::string source = row.name.starts_with("port") ? "source = \"10.0.1.1\"\n" : "";
            const std::string check = row.name == "dead_tunnels" ? "health = {}\n" : "";
            const std::string limit = row.name == "queue" ? "max_connections = 1\n" : "";
            CHECK(brief_errors(read_with_pool(backends + source + check + limit + line)).empty());
        }
        if (row.section == "listen.tls" || row.section == "listen.tls.certificates") {
            CHECK(brief_errors(read_with_listen_tls(row, line)).empty());
        }
        if (row.section == "pool.NAME.tls") {
            const auto before = row.name == "key" ? "tls.certificate = \"/c\"\n" : "";
            CHECK(brief_errors(
                      read_with_pool("backends = [\"10.0.0.1:80\"]\n" + std::string(before) + "tls." + line))
                      .empty());
        }
        if (row.section == "route.client_certificate") {
            CHECK(brief_errors(read_with_route("client_certificate." + line)).empty());
        }
        if (row.section == "route.cors") {
            const std::string others = row.name == "origins" ? "" : "cors.origins = \"https://a.test\"\n";
            CHECK(brief_errors(read_with_route(others + "cors." + line)).empty());
        }
        if (row.section == "source" || row.section == "error_pages") {
            CHECK(brief_errors(read_with_top(section_with(row, row.example))).empty());
        }
        if (row.section == "route" && row.name != "pool" && !is_of_own_answer(row)) {
            std::string before;
            if (row.name == "strip_prefix") before = "path = \"/chat/\"\n";
            if (row.name == "rewrite_cookie_path") before = "add_prefix = \"/v2\"\n";
            CHECK(brief_errors(read_with_route(before + line)).empty());
        }
    }
}

TEST_CASE("both ends of every range are accepted, and what lies past them is refused")
{
    for (const auto& row : known_keys()) {
        if (!is_scalar_section(row.section) || row.most == 0) {
            continue;
        }
        CAPTURE(full_name(row));
        const auto reads = [&](std::int64_t number) {
            auto text = std::to_string(number);
            text = row.type == value_type::time && number != 0 ? "\"" + text + "ms\"" : text;
            return read_with_top(section_with(row, text)).ok();
        };
        CHECK(reads(row.least));
        CHECK(reads(row.most));
        CHECK(reads(0) == row.zero);
        CHECK_FALSE(reads(row.most + 1'000));
        CHECK((row.least <= 1 || !reads(row.least - 1)));
        CHECK_FALSE(reads(-1));
    }
}

} // namespace fairlead::conf
