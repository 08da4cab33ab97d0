// The schema: one row for every key that a configuration file may hold.
//
// The reader takes types, ranges and the list of known names from here, and the tables of
// docs/configuration.md are checked against it, so that neither can drift. Defaults live in model.hpp;
// `default_text` is checked against them. Static data: any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fairlead::conf {

enum class value_type : std::uint8_t
{
    boolean,
    integer,
    time,  // text with units
    bytes, // an integer, or text with a unit
    text,
    text_list, // one text or an array of them
    array,
    choice, // one of the words in key_row::choices
    table,
    table_list,
    flag_or_integer, // true, false or a number
    flag_or_table    // true, false or a table
};

struct key_row
{
    std::string_view
        section; // "" for the top level, "timeouts", "pool.NAME", "pool.NAME.backends", "route"...
    std::string_view name;
    value_type type = value_type::text;
    std::string_view default_text = ""; // as TOML; "" when the key is required or its absence is the default
    std::int64_t least = 0;             // of an integer, a duration in ms, or a size in bytes
    std::int64_t most = 0;
    bool zero = false;             // 0 is accepted beside least..most
    std::string_view choices = ""; // for choice: the words, separated by '|'; else what the text has to be
    bool required = false;
    bool reloads = true;           // a reload applies a change of it
    std::string_view example = ""; // as TOML, the value only
};

std::span<const key_row> known_keys() noexcept;

// The row of a key, or null. Sections that hold free names are written with NAME.
const key_row* find_key(std::string_view section, std::string_view name) noexcept;

std::string full_name(const key_row& row);            // "pool.NAME.backoff"
std::string range_text(const key_row& row);           // "1s to 24h, or 0"; "" where there is none
std::string_view type_text(value_type type) noexcept; // "duration", "text or array"...
std::string_view unit_text(value_type type) noexcept; // "time", "bytes", "count" or ""

} // namespace fairlead::conf
