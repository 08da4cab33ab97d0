#include "conf/route_conditions.hpp"

#include "conf/http_syntax.hpp"

#include <algorithm>

namespace fairlead::conf {

namespace {

// The entries of a table of free names, or none when the key is absent or no table.
std::vector<const table_entry*> free_entries(const table_reader& route, std::string_view name)
{
    std::vector<const table_entry*> entries;
    const auto* node = route.find(name);
    if (node == nullptr) {
        return entries;
    }
    if (node->kind != node_kind::table) {
        route.report(name,
                     "wants a table such as { NAME = \"value\" }, not " + std::string(kind_text(node->kind)));
    }
    for (const auto& entry : node->entries) {
        entries.push_back(&entry);
    }
    return entries;
}

written_at place_of(const table_reader& route, std::string_view table, const table_entry& entry,
                    text_position at)
{
    return {&route.file(), at, route.path_of(table) + "." + entry.key};
}

value_match read_regex(const table_reader& route, std::string_view table, const table_entry& entry)
{
    const auto place = place_of(route, table, entry, entry.value.at);
    const std::string_view section = table == "headers" ? "route.headers.NAME" : "route.query.NAME";
    const table_reader reader(entry.value, {section, place.key, route.file(), route.errors()});
    value_match match;
    match.how = value_match::kind::regex;
    reader.read("regex", match.text);
    if (const auto problem = problem_of_regex(match.text); !problem.empty()) {
        reader.report("regex", problem);
    }
    return match;
}

value_match read_test(const table_reader& route, std::string_view table, const table_entry& entry)
{
    value_match match;
    if (entry.value.kind == node_kind::table) {
        match = read_regex(route, table, entry);
    } else if (entry.value.kind == node_kind::text) {
        match.how = value_match::kind::exact;
        match.text = entry.value.text;
    } else if (entry.value.kind == node_kind::boolean && entry.value.boolean) {
        match.how = value_match::kind::present;
    } else {
        route.errors().add(place_of(route, table, entry, entry.value.at),
                           "wants \"the exact value\", true for any value, or { regex = \"...\" }");
    }
    match.name = entry.key;
    return match;
}

template <class Pair>
bool has_name(const std::vector<Pair>& pairs, std::string_view name)
{
    return std::ranges::any_of(pairs,
                               [&](const Pair& pair) { return to_lower(pair.name) == to_lower(name); });
}

} // namespace

std::vector<value_match> read_header_tests(const table_reader& route)
{
    std::vector<value_match> tests;
    for (const auto* entry : free_entries(route, "headers")) {
        const auto at_name = place_of(route, "headers", *entry, entry->at);
        auto match = read_test(route, "headers", *entry);
        const auto problem = problem_of_field_value(match.how == value_match::kind::exact ? match.text : "");
        if (!problem.empty()) {
            route.errors().add(place_of(route, "headers", *entry, entry->value.at), problem);
        }
        match.name = to_lower(match.name);
        if (!is_token(match.name)) {
            route.errors().add(at_name, in_quotes(entry->key) + " is not a header name (RFC 9110 5.6.2)");
        } else if (match.name == "host") {
            route.errors().add(at_name, "the Host header is matched by the key 'host'");
        } else if (has_name(tests, match.name)) {
            route.errors().add(at_name, "is tested twice; the case of a header's name does not count");
        }
        tests.push_back(std::move(match));
    }
    return tests;
}

std::vector<value_match> read_query_tests(const table_reader& route)
{
    std::vector<value_match> tests;
    for (const auto* entry : free_entries(route, "query")) {
        if (entry->key.empty() || has_control(entry->key)) {
            route.errors().add(place_of(route, "query", *entry, entry->at), "is not a parameter's name");
        }
        tests.push_back(read_test(route, "query", *entry));
    }
    return tests;
}

namespace {

std::vector<header_value> read_pairs(const table_reader& route, std::string_view name, std::string_view of)
{
    std::vector<header_value> pairs;
    for (const auto* entry : free_entries(route, name)) {
        const auto at_name = place_of(route, name, *entry, entry->at);
        const auto at_value = place_of(route, name, *entry, entry->value.at);
        if (!is_token(entry->key)) {
            route.errors().add(at_name, in_quotes(entry->key) + " is not a header name (RFC 9110 5.6.2)");
        } else if (is_reserved_field(entry->key)) {
            route.errors().add(at_name, "belongs to the connection, not to the " + std::string(of) +
                                            ", and cannot be set");
        } else if (has_name(pairs, entry->key)) {
            route.errors().add(at_name, "is set twice; the case of a header's name does not count");
        }
        if (entry->value.kind != node_kind::text) {
            route.errors().add(at_value,
                               "wants text in quotes, not " + std::string(kind_text(entry->value.kind)));
        } else if (const auto problem = problem_of_field_value(entry->value.text); !problem.empty()) {
            route.errors().add(at_value, problem);
        }
        pairs.push_back({entry->key, entry->value.text});
    }
    return pairs;
}

} // namespace

std::vector<header_value> read_set_headers(const table_reader& route)
{
    for (const auto* entry : free_entries(route, "set_headers")) {
        if (to_lower(entry->key) == "host" && entry->value.kind == node_kind::text &&
            entry->value.text.empty())
            route.errors().add(place_of(route, "set_headers", *entry, entry->value.at),
                               "a request cannot go without Host (RFC 9112 3.2)");
    }
    return read_pairs(route, "set_headers", "request");
}

std::vector<header_value> read_added_headers(const table_reader& route)
{
    for (const auto* entry : free_entries(route, "add_headers")) {
        const auto name = to_lower(entry->key);
        if (name == "host" || name == "via" || name == "forwarded" || name == "traceparent" ||
            name.starts_with("x-forwarded-"))
            route.errors().add(place_of(route, "add_headers", *entry, entry->at),
                               "stands in a request once, and the proxy writes it: use set_headers");
        if (entry->value.kind == node_kind::text && entry->value.text.empty())
            route.errors().add(place_of(route, "add_headers", *entry, entry->value.at),
                               "is empty; set_headers removes a header");
    }
    return read_pairs(route, "add_headers", "request");
}

std::vector<header_value> read_check_headers(const table_reader& check)
{
    return read_pairs(check, "headers", "request");
}

std::vector<header_value> read_response_headers(const table_reader& route)
{
    return read_pairs(route, "response_headers", "answer");
}

} // namespace fairlead::conf
