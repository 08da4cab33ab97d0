#include "conf/document.hpp"

#include "conf/lexical_scan.hpp"
#include "conf/syntax_message.hpp"

#include <toml++/toml.h>

#include <algorithm>

namespace fairlead::conf {

namespace {

text_position position_of(const toml::source_region& region)
{
    return {region.begin.line, region.begin.column};
}

node_kind kind_of(const toml::node& node)
{
    switch (node.type()) {
    case toml::node_type::string: return node_kind::text;
    case toml::node_type::integer: return node_kind::integer;
    case toml::node_type::floating_point: return node_kind::real;
    case toml::node_type::boolean: return node_kind::boolean;
    case toml::node_type::array: return node_kind::array;
    case toml::node_type::table: return node_kind::table;
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
    case toml::node_type::none: return node_kind::date_time;
    }
    return node_kind::date_time;
}

document_node convert(const toml::node& node)
{
    document_node result;
    result.kind = kind_of(node);
    result.at = position_of(node.source());
    if (const auto* text = node.as_string()) {
        result.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        result.integer = integer->get();
    } else if (const auto* boolean = node.as_boolean()) {
        result.boolean = boolean->get();
    } else if (const auto* array = node.as_array()) {
        for (const auto& item : *array) {
            result.items.push_back(convert(item));
        }
    } else if (const auto* table = node.as_table()) {
        for (const auto& [key, value] : *table) {
            result.entries.push_back({std::string(key.str()), position_of(key.source()), convert(value)});
        }
        // The parser keeps tables sorted by key; people read files from top to bottom.
        std::ranges::stable_sort(result.entries, {}, &table_entry::at);
    }
    return result;
}

} // namespace

const table_entry* document_node::find(std::string_view key) const
{
    const auto found = std::ranges::find(entries, key, &table_entry::key);
    return found == entries.end() ? nullptr : &*found;
}

document_result parse_document(const source_file& file)
{
    document_result result;
    const auto problem = find_lexical_problem(file.text());
    if (problem && problem->what == scan_problem::kind::too_deep) {
        result.error = problem->error;
        return result;
    }
    try {
        result.root = convert(toml::parse(file.text()));
    } catch (const toml::parse_error& error) {
        const auto at = position_of(error.source());
        result.error = problem && problem->error.at <= at
                           ? problem->error
                           : explain_syntax_error(error.description(), at, file.line(at.line));
    }
    return result;
}

std::string_view kind_text(node_kind kind) noexcept
{
    switch (kind) {
    case node_kind::text: return "text";
    case node_kind::integer: return "an integer";
    case node_kind::real: return "a number with a fraction";
    case node_kind::boolean: return "a boolean";
    case node_kind::date_time: return "a date or time";
    case node_kind::array: return "an array";
    case node_kind::table: return "a table";
    }
    return "";
}

} // namespace fairlead::conf
