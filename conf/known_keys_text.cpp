// What messages and the documentation say of a key.
#include "conf/known_keys.hpp"
#include "conf/values.hpp"

namespace fairlead::conf {

namespace {

std::string number_text(value_type type, std::int64_t number)
{
    if (type == value_type::time) {
        return format_duration(duration{number});
    }
    return type == value_type::bytes ? format_byte_count(static_cast<byte_count>(number))
                                     : std::to_string(number);
}

} // namespace

std::string full_name(const key_row& row)
{
    return row.section.empty() ? std::string(row.name)
                               : std::string(row.section) + "." + std::string(row.name);
}

std::string range_text(const key_row& row)
{
    if (row.most != 0) {
        const auto span = number_text(row.type, row.least) + " to " + number_text(row.type, row.most);
        return row.zero ? span + ", or 0" : span;
    }
    std::string text;
    for (const char c : row.choices) {
        text += c == '|' ? std::string(", ") : std::string(1, c);
    }
    return text;
}

std::string_view type_text(value_type type) noexcept
{
    switch (type) {
    case value_type::boolean: return "boolean";
    case value_type::integer: return "integer";
    case value_type::time: return "duration";
    case value_type::bytes: return "size";
    case value_type::text: return "text";
    case value_type::text_list: return "text or array";
    case value_type::array: return "array";
    case value_type::choice: return "choice";
    case value_type::table: return "table";
    case value_type::table_list: return "tables";
    case value_type::flag_or_integer: return "boolean or integer";
    case value_type::flag_or_table: return "boolean or table";
    }
    return "";
}

std::string_view unit_text(value_type type) noexcept
{
    switch (type) {
    case value_type::integer:
    case value_type::flag_or_integer: return "count";
    case value_type::time: return "time";
    case value_type::bytes: return "bytes";
    case value_type::boolean:
    case value_type::text:
    case value_type::text_list:
    case value_type::array:
    case value_type::choice:
    case value_type::table:
    case value_type::table_list:
    case value_type::flag_or_table: return "";
    }
    return "";
}

} // namespace fairlead::conf
