#include "conf/table_reader.hpp"

#include "conf/suggestion.hpp"

#include <algorithm>

namespace fairlead::conf {

namespace {

std::vector<std::string_view> names_of(std::string_view section)
{
    std::vector<std::string_view> names;
    for (const auto& row : known_keys()) {
        if (row.section == section) {
            names.push_back(row.name);
        }
    }
    return names;
}

std::vector<std::string_view> words_of(std::string_view choices)
{
    std::vector<std::string_view> words;
    for (auto rest = choices; !rest.empty();) {
        const auto bar = rest.find('|');
        words.push_back(rest.substr(0, bar));
        rest = bar == rest.npos ? std::string_view() : rest.substr(bar + 1);
    }
    return words;
}

// A key that another table has was most likely written under the wrong header.
std::string elsewhere(std::string_view name, std::string_view section)
{
    for (const auto& row : known_keys()) {
        if (row.name == name && row.section != section) {
            return row.section.empty() ? " (it belongs at the top of the file)"
                                       : " (it is a key of " + std::string(row.section) + ")";
        }
    }
    return "";
}

// How a key of that type is written, for "wants ...".
std::string_view wanted(value_type type)
{
    switch (type) {
    case value_type::boolean: return "true or false";
    case value_type::integer: return "an integer";
    case value_type::time: return "a duration such as \"250ms\", \"30s\", \"5m\" or \"1h30m\"";
    case value_type::bytes: return "a size such as 512, \"64KiB\" or \"1MiB\"";
    case value_type::text:
    case value_type::choice: return "text in quotes";
    case value_type::text_list: return "text in quotes or an array of it";
    case value_type::array: return "an array";
    case value_type::table: return "a table";
    case value_type::table_list: return "an array of tables";
    case value_type::flag_or_integer: return "true, false or an integer";
    case value_type::flag_or_table: return "true, false or a table";
    }
    return "";
}

} // namespace

table_reader::table_reader(const document_node& table, place where)
    : table_(table)
    , place_(std::move(where))
{
    if (table.kind != node_kind::table) {
        place_.errors.add(where_table(), "wants a table, not " + std::string(kind_text(table.kind)));
        return;
    }
    for (const auto& entry : table.entries) {
        if (find_key(place_.section, entry.key) == nullptr) {
            report_unknown(entry);
        }
    }
    for (const auto& row : known_keys()) {
        // What the top level needs may stand in another file.
        const bool is_missing =
            row.section == place_.section && row.required && table.find(row.name) == nullptr;
        if (is_missing && !place_.section.empty()) {
            place_.errors.add(where_table(), "the key '" + std::string(row.name) + "' is missing");
        }
    }
}

void table_reader::report_unknown(const table_entry& entry) const
{
    auto hint = did_you_mean(entry.key, names_of(place_.section));
    if (hint.empty()) {
        hint = elsewhere(entry.key, place_.section);
    }
    place_.errors.add({&place_.file, entry.at, place_.path}, "unknown key " + in_quotes(entry.key) + hint);
}

const document_node* table_reader::find(std::string_view name) const
{
    const auto* entry = table_.find(name);
    return entry == nullptr ? nullptr : &entry->value;
}

std::string table_reader::path_of(std::string_view name) const
{
    return place_.path.empty() ? std::string(name) : place_.path + "." + std::string(name);
}

written_at table_reader::where_table() const { return {&place_.file, table_.at, place_.path}; }

written_at table_reader::where(std::string_view name) const
{
    const auto* node = find(name);
    return {&place_.file, node == nullptr ? table_.at : node->at, path_of(name)};
}

written_at table_reader::where_item(std::string_view name, std::size_t index) const
{
    const auto* node = find(name);
    if (node == nullptr || node->kind != node_kind::array) {
        return where(name);
    }
    return {&place_.file, node->items[index].at, path_of(name) + "[" + std::to_string(index) + "]"};
}

void table_reader::report(std::string_view name, std::string message) const
{
    place_.errors.add(where(name), std::move(message));
}

void table_reader::report_type(std::string_view name, const document_node& node) const
{
    const auto type = find_key(place_.section, name)->type;
    const std::string got =
        node.kind == node_kind::text ? in_quotes(node.text) : std::string(kind_text(node.kind));
    std::string message = "wants " + std::string(wanted(type)) + ", not " + got;
    if (type == value_type::time && node.kind == node_kind::integer && node.integer > 0) {
        message += " (did you mean \"" + std::to_string(node.integer) + "s\"?)";
    }
    report(name, std::move(message));
}

std::optional<std::int64_t> table_reader::number(std::string_view name, const document_node& node) const
{
    const auto type = find_key(place_.section, name)->type;
    const bool is_plain = node.kind == node_kind::integer && (type != value_type::time || node.integer == 0);
    if (is_plain) {
        return node.integer;
    }
    if (node.kind == node_kind::text && type == value_type::time) {
        const auto value = parse_duration(node.text);
        return value ? std::optional<std::int64_t>(value->count()) : std::nullopt;
    }
    if (node.kind == node_kind::text && type == value_type::bytes) {
        const auto value = parse_byte_count(node.text);
        return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<std::int64_t> table_reader::number_in_range(std::string_view name) const
{
    const auto* node = find(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    const auto value = number(name, *node);
    if (!value) {
        report_type(name, *node);
        return std::nullopt;
    }
    const auto& row = *find_key(place_.section, name);
    const bool is_in_range = (*value >= row.least && *value <= row.most) || (row.zero && *value == 0);
    if (!is_in_range) {
        const auto written = node->kind == node_kind::text ? in_quotes(node->text) : std::to_string(*value);
        report(name, written + " is out of range: " + range_text(row));
        return std::nullopt;
    }
    return value;
}

void table_reader::read(std::string_view name, bool& target) const
{
    const auto* node = find(name);
    if (node != nullptr && node->kind == node_kind::boolean) {
        target = node->boolean;
    } else if (node != nullptr) {
        report_type(name, *node);
    }
}

bool table_reader::read_flag_or(node_kind other, std::string_view name, bool& target) const
{
    const auto* node = find(name);
    if (node == nullptr) {
        return false;
    }
    if (node->kind == node_kind::boolean) {
        target = node->boolean;
    } else if (node->kind != other) {
        report_type(name, *node);
    }
    return node->kind == other;
}

void table_reader::read(std::string_view name, std::uint32_t& target) const
{
    target = static_cast<std::uint32_t>(number_in_range(name).value_or(target));
}

void table_reader::read(std::string_view name, byte_count& target) const
{
    target = static_cast<byte_count>(number_in_range(name).value_or(static_cast<std::int64_t>(target)));
}

void table_reader::read(std::string_view name, duration& target) const
{
    target = duration{number_in_range(name).value_or(target.count())};
}

void table_reader::read(std::string_view name, std::optional<duration>& target) const
{
    if (const auto value = number_in_range(name)) {
        target = duration{*value};
    }
}

void table_reader::read(std::string_view name, std::string& target) const
{
    const auto* node = find(name);
    if (node != nullptr && node->kind == node_kind::text) {
        target = node->text;
    } else if (node != nullptr) {
        report_type(name, *node);
    }
}

std::optional<std::size_t> table_reader::choice(std::string_view name) const
{
    const auto* node = find(name);
    if (node == nullptr) {
        return std::nullopt;
    }
    if (node->kind != node_kind::text) {
        report_type(name, *node);
        return std::nullopt;
    }
    const auto& row = *find_key(place_.section, name);
    const auto words = words_of(row.choices);
    const auto found = std::ranges::find(words, node->text);
    if (found == words.end()) {
        report(name,
               in_quotes(node->text) + " is none of " + range_text(row) + did_you_mean(node->text, words));
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - words.begin());
}

std::vector<listed_text> table_reader::texts(std::string_view name) const
{
    const auto* node = find(name);
    if (node == nullptr) {
        return {};
    }
    if (node->kind == node_kind::text) {
        return {{node->text, where(name)}};
    }
    if (node->kind != node_kind::array) {
        report_type(name, *node);
        return {};
    }
    std::vector<listed_text> result;
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        const auto& item = node->items[i];
        if (item.kind == node_kind::text) {
            result.push_back({item.text, where_item(name, i)});
        } else {
            place_.errors.add(where_item(name, i),
                              "wants text in quotes, not " + std::string(kind_text(item.kind)));
        }
    }
    return result;
}

} // namespace fairlead::conf
